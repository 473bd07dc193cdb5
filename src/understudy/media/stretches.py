"""Stretches of an output that are written apart, at the same time, until the output takes them over."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from understudy.core.errors import MediaError
from understudy.core.files import sync
from understudy.media.parts_folder import parts_folder

# notes of what is there, and of what comes behind it, as one
Together = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
_NAME = re.compile(r"from_(\d{8,})", re.ASCII)


def stretch_path(output: Path, first: int) -> Path:
    """What a stretch of an output is written to: a path like it, in the folder of its parts.

    Args:
        output: the file, or the pattern of files.
        first: index of the stretch's first frame.
    """
    return parts_folder(output) / f"from_{first:08d}" / output.name


def stretches_of(output: Path) -> list[int]:
    """The first frames of the stretches that an earlier run may have left, in order."""
    try:
        found = [_NAME.fullmatch(each.name) for each in parts_folder(output).iterdir()]
    except OSError:
        return []
    return sorted(int(each[1]) for each in found if each is not None)


def make_room(output: Path, first: int) -> None:
    """Make the folder of a stretch.

    Raises:
        MediaError: a link lies in its place, which would lead what is written elsewhere.
        OSError: the disk is full or fails.
    """
    room = stretch_path(output, first).parent
    for folder in (room.parent, room):
        if folder.is_symlink():
            raise MediaError(f"{folder} is a link to another place", "remove it, or write to another file")
    room.mkdir(parents=True, exist_ok=True)


def remove_room(output: Path, first: int) -> None:
    """Remove the folder of a stretch that is empty; nothing where it is not."""
    with contextlib.suppress(OSError):
        stretch_path(output, first).parent.rmdir()


def remove_stretch(output: Path, first: int) -> None:
    """Remove a stretch that the output has taken over."""
    shutil.rmtree(stretch_path(output, first).parent, ignore_errors=True)


def put_into(file: Path, into: Path) -> None:
    """Give a file a further name, in the place of what may lie there, or a copy where disks know no such.

    Raises:
        OSError: the disk fails.
    """
    into.unlink(missing_ok=True)
    try:
        os.link(file, into)  # a kill before all is noted loses nothing
    except OSError:  # this kind of disk knows one name a file: what was not moved cannot be lost either
        shutil.copyfile(file, into)
        sync(into)


def key_from(key: str, first: int) -> str:
    """What says what is written, where that begins with a frame: of another beginning it cannot be used."""
    return f"{key} from {first}" if first else key
