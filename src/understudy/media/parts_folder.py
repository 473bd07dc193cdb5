"""The folder in which an output lies in parts until it is whole, for one run at a time."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from pathlib import Path
from typing import IO, Any

from understudy.core.bounded import parse_json, read_bounded
from understudy.core.errors import MediaError
from understudy.core.files import write_atomically
from understudy.media.output import write_errors

_STATE, _LOCK = "parts.json", "parts.lock"
_STATE_NAMES = re.compile(r"parts\.json|\.parts\..*\.part\.json")
_LARGEST_BYTES = 64 << 20  # of what is saved
_TRIES = 100  # to make the folder while another run removes it


class PartsFolder:
    """Lies beside an output and is called like it, with ".parts" behind; what others put there stays.

    It is locked until it is closed, or the process ends however that may. Windows and some network disks
    know no such locks; there nothing is.

    Args:
        output: the file, or the pattern of files, that is written.
        ours: what files of parts are called.

    Attributes:
        path: the folder.
        is_of_another: whether what lay there when it was asked for its state was of another key.

    Raises:
        MediaError: another run is writing this output, or the folder cannot be written to.
    """

    def __init__(self, output: Path, ours: re.Pattern[str]) -> None:
        """Make the folder and lock it."""
        self.path, self._output, self._ours = parts_folder(output), output, ours
        self._is_open, self.is_of_another = True, False
        with write_errors(output):
            self._lock = _locked(self.path, output)
            self._remove_links()

    def _remove_links(self) -> None:
        """Remove what would lead our writing elsewhere: none of it is ours."""
        for file in self.path.iterdir():
            if file.is_symlink() and (self._ours.fullmatch(file.name) or _STATE_NAMES.fullmatch(file.name)):
                file.unlink()

    def state(self, key: str) -> dict[str, Any] | None:
        """What was saved last; None where nothing was, or of another key."""
        try:
            state: Any = parse_json(read_bounded(self.path / _STATE, _LARGEST_BYTES, follow=False))
            self.is_of_another = state["key"] != key
            return None if self.is_of_another else dict(state)
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def save(self, key: str, state: dict[str, Any]) -> None:
        """Keep plain values; MediaError where the disk is full or fails."""
        with write_errors(self._output):
            write_atomically(self.path / _STATE, json.dumps({"key": key, **state}).encode())

    def clear(self) -> None:
        """Remove the parts and what was saved; nothing once it is closed, as they may be another run's."""
        if not self._is_open:
            return
        with contextlib.suppress(OSError):
            for file in self.path.iterdir():
                if self._ours.fullmatch(file.name) or _STATE_NAMES.fullmatch(file.name):
                    file.unlink()

    def close(self) -> None:
        """Let others have it; it goes if it is empty. Harmless after the first time."""
        if not self._is_open:
            return
        self._is_open = False
        with contextlib.suppress(OSError):
            (self.path / _LOCK).unlink()
            self.path.rmdir()
        if self._lock is not None:
            self._lock.close()


def begun_anew(output: Path) -> str:
    """What is said where parts are of another key."""
    return (
        f"what an earlier run left of {output.name} was made from another target, model, setting or version: "
        "it is not used, and all is made anew"
    )


def has_parts(output: Path) -> bool:
    """Whether an earlier run has left something of an output."""
    return (parts_folder(output) / _STATE).exists()


def parts_folder(output: Path) -> Path:
    """Where an output lies until it is whole."""
    return output.with_name(output.name + ".parts")


def _locked(folder: Path, output: Path) -> IO[bytes] | None:
    """The folder's lock, which is given back when it is closed; None where there are no locks."""
    if folder.is_symlink():
        raise MediaError(f"{folder} is a link to another place", "remove it, or write to another file")
    for _ in range(_TRIES):
        folder.mkdir(parents=True, exist_ok=True)
        if sys.platform == "win32":
            return None
        with contextlib.suppress(FileNotFoundError):  # another run has just removed the folder
            if (folder / _LOCK).is_symlink():
                (folder / _LOCK).unlink()
            file = (folder / _LOCK).open("ab")
            try:
                is_locked = _lock(file)
            except BlockingIOError as error:
                file.close()
                raise MediaError(
                    f"another run is writing {output}", "wait until it has ended, or write to another file"
                ) from error
            # the run before may have removed its file between the two calls
            if not is_locked or (folder / _LOCK).stat().st_ino == os.fstat(file.fileno()).st_ino:
                return file
            file.close()
    raise MediaError(f"cannot lock {folder}", "run the same command again")


def _lock(file: IO[bytes]) -> bool:
    """Whether this kind of disk can lock; BlockingIOError where somebody else has locked the file."""
    import fcntl  # not on Windows

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return False
    return True
