"""Read files that a stranger may have sent: only plain ones, and only up to a size."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_bounded(path: Path, most_bytes: int, *, follow: bool = True) -> bytes:
    """Read a whole file.

    Args:
        path: the file. A pipe, which would be waited for, a device and a folder are none.
        most_bytes: that it may have; a larger one is not read.
        follow: whether a link is followed; else it is no file.

    Raises:
        OSError: it is no file, is larger, or cannot be read; `strerror` says which.
    """
    no_link = 0 if follow else getattr(os, "O_NOFOLLOW", 0)
    # asked of what is open: between a question by name and the opening, it could be exchanged
    with os.fdopen(os.open(path, os.O_RDONLY | _WITHOUT_WAITING | no_link), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file", str(path))
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"it has more than {_size(most_bytes)}", str(path))
    return data


def parse_json(data: bytes | str) -> object:
    """Parse JSON of unknown make.

    Raises:
        ValueError: it is none, or nested too deep.
    """
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def short(text: str, most: int = 160) -> str:
    """One line that is fit to be printed, whatever a file says."""
    shown = "".join(character if character.isprintable() else " " for character in text[: 4 * most])
    shown = " ".join(shown.split())
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."


def _size(count: int) -> str:
    return f"{count >> 20} MB" if count >= 1 << 20 else f"{count} bytes"
