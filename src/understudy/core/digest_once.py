"""Digests of files that one process asks for again and again: footage of a hundred gigabytes is read once."""

from __future__ import annotations

import os
import time
from pathlib import Path

from understudy.core.files import sha256_of_file

_MOST = 100_000  # files that are remembered
# a file may be written again within a tick of its own clock, which is as long as this on some file systems
_SETTLED_NS = 2_000_000_000

_Key = tuple[str, int, int, int, int, int]


class Digests:
    """Remembers the digests of files for as long as nothing about them changes.

    A file is the same while its path, size, times, inode and device are. What was written in the last two
    seconds is not remembered, as it could be written again without any of these changing.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[_Key, str] = {}

    def sha256(self, path: Path) -> str:
        """The SHA-256 of a file's content, 64 lower-case hex digits; any thread may ask.

        Raises:
            UnderstudyError: the file cannot be read.
        """
        before = _key(path)
        found = self._known.get(before) if before is not None else None
        if found is not None:
            return found
        began_ns = time.time_ns()
        digest = sha256_of_file(path)
        if before is not None and before == _key(path) and max(before[2:4]) < began_ns - _SETTLED_NS:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[before] = digest
        return digest


_OF_THIS_PROCESS = Digests()


def sha256_once(path: Path) -> str:
    """As `files.sha256_of_file`, but a file that has not changed is read once in a process.

    Not for what is to be checked: a disk that fails, or somebody who sets a file's times, goes unnoticed.

    Raises:
        UnderstudyError: the file cannot be read.
    """
    return _OF_THIS_PROCESS.sha256(path)


def _key(path: Path) -> _Key | None:
    try:
        seen = path.stat()
    except OSError:  # said by who reads it
        return None
    whole = os.path.abspath(path)  # noqa: PTH100  # Path.resolve asks the disk about every folder
    return whole, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino, seen.st_dev
