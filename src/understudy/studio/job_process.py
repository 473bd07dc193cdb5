"""A job's command, in a process of its own that outlives the studio.

While it runs it holds a lock on a file in the job's folder, given to it when it is started: whoever opens
the studio next sees by that whether it still runs, whatever number its process has. What it says lies in
two files beside. Windows knows no such locks; there a job is only known by the studio that started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, cast

from understudy.core.bounded import parse_json, read_bounded

EVENTS = "events.jsonl"  # progress, one object a line, of all the runs of a job
_SAID = "said.json"  # the one object that the command prints when it ends
_LOCK = "lock"
_MOST_BYTES = 16 << 20

_own: dict[int, subprocess.Popen[bytes]] = {}  # started here: to be waited for, or they stay as zombies


def start(arguments: Sequence[str], folder: Path) -> int | None:
    """Start `understudy ARGUMENTS --json`.

    Args:
        arguments: of the command line.
        folder: of the job.

    Returns:
        The process's number; None where one runs there already.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = take_lock(folder / _LOCK)
    if lock is None:
        return None
    # -P: what lies in the folder that the studio was started in is not imported
    command = [sys.executable, "-P", "-m", "understudy", *_with_json(arguments)]
    with lock, (folder / _SAID).open("wb") as said, (folder / EVENTS).open("ab") as events:
        events.write(json.dumps({"event": "started", "at": time.time()}).encode() + b"\n")
        events.flush()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=events,
            # Ctrl-C in the studio's terminal is for the studio, which then asks its job to end
            start_new_session=True,
            env=os.environ | {"UNDERSTUDY_PROGRESS": "json"},
            pass_fds=() if sys.platform == "win32" else (lock.fileno(),),
        )
    _own[process.pid] = process
    return process.pid


def _with_json(arguments: Sequence[str]) -> list[str]:
    """A command that answers as an object; what stands behind `--` is no option."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return [*arguments[:at], "--json", *arguments[at:]]


def is_running(pid: int | None, folder: Path) -> bool:
    """Whether a job's process runs, whoever started it."""
    process = _own.get(pid) if pid is not None else None
    if process is not None:
        if process.poll() is None:
            return True
        del _own[process.pid]
        return False
    if sys.platform == "win32" or not (folder / _LOCK).exists():
        return False
    lock = take_lock(folder / _LOCK)
    if lock is None:
        return True
    lock.close()
    return False


def own_number(folder: Path) -> int | None:
    """The number that a job's process says it has, in its last run; None where it has said nothing yet."""
    number: int | None = None
    try:
        with (folder / EVENTS).open("rb") as events:
            for line in events:
                if line.startswith(b'{"event": "started"'):
                    number = None
                elif number is None and line.startswith(b'{"event": "process"'):
                    number = int(json.loads(line)["pid"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return number


def interrupt(pid: int) -> None:
    """Ask a job to save its work and end; one that has ended already is left alone."""
    with contextlib.suppress(OSError):
        # as the command does with Ctrl-C, but that is ignored below a shell's background
        os.kill(pid, signal.SIGTERM)


def said(folder: Path) -> dict[str, Any] | None:
    """The object that the command printed when it ended; None where it was killed before."""
    try:
        content = parse_json(read_bounded(folder / _SAID, _MOST_BYTES))
    except (OSError, ValueError):
        return None
    return cast("dict[str, Any]", content) if isinstance(content, dict) else None


def take_lock(path: Path) -> IO[bytes] | None:
    """Lock a file as long as it is open here or in a process that it is given to; None where it is locked."""
    file = path.open("ab")
    if sys.platform == "win32":
        return file
    import fcntl  # absent on Windows

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
