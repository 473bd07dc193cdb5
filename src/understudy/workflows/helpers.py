"""Processes that help this one: that they could not be started, and why they have ended."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO

from understudy.core.errors import UnderstudyError


def started(
    command: Sequence[str], *, what: str, next_step: str, told: Mapping[str, str], stdin: int, stdout: int
) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """Start a process, out of reach of the terminal's Ctrl-C, which is its parent's.

    Args:
        command: what is run.
        what: it is called in the error.
        next_step: of the error.
        told: variables of its environment beside those of this process.
        stdin: as `subprocess` takes it.
        stdout: likewise.

    Returns:
        The process, and a file without a name to which it writes its standard error; to be closed.

    Raises:
        UnderstudyError: the system has no room for it, on disk, in memory or among its processes.
    """
    try:
        said = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            process = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=stdout,
                stderr=said,
                env=os.environ | told,
                start_new_session=True,
            )
        except BaseException:
            said.close()
            raise
    except OSError as error:
        raise UnderstudyError(f"{what} cannot be started ({error.strerror or error})", next_step) from error
    return process, said


def why_ended(code: int | None, said: bytes) -> str:
    """Why a process has ended: what ended it, or its last words.

    Args:
        code: its exit code as `subprocess` has it; None while that is not known.
        said: what it wrote to its standard error.
    """
    if code is not None and code < 0:
        return f"{_name_of(-code)}; perhaps the system ran out of memory"
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit code {code}"


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # of the real-time signals Python names the first and the last only
        return f"signal {number}"
