"""Files and folders that nobody but their owner may read: records of people, keys.

On Windows the user's own folders are closed to other users already; modes say nothing there.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from understudy.core.errors import UnderstudyError
from understudy.core.files import next_step_for, written_aside


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner may look into; one that is there stays as it is.

    Raises:
        UnderstudyError: it cannot be made.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UnderstudyError(
            f"cannot make {folder} ({error.strerror or error})", next_step_for(error)
        ) from error


def write_private(path: Path, data: bytes) -> None:
    """Write a whole file that only its owner may read, at no moment anybody else.

    Args:
        path: the final name; its folder is made, private, where missing.
        data: the content.

    Raises:
        UnderstudyError: it cannot be written; `path` is as it was.
    """
    private_folder(path.parent)
    with written_aside(path) as aside:
        # not `open` and then `chmod`: in between others could open it
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)


def create_private(path: Path, data: bytes) -> bool:
    """As `write_private`, unless there is a file already: then it stays, and False is returned.

    Raises:
        UnderstudyError: it cannot be written.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    write_private(aside, data)
    try:
        os.link(aside, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if path.exists():
            return False
        os.replace(aside, path)  # noqa: PTH105  # Path.replace would do the same
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
    return True
