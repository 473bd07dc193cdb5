"""Which files of this machine a page may name: what lies in a few folders, and what was put in by it."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO

from understudy.core.errors import UnderstudyError
from understudy.core.files import next_step_for, replace_atomically
from understudy.media.footage import VIDEO_SUFFIXES
from understudy.media.images import IMAGE_SUFFIXES
from understudy.media.sound import SOUND_SUFFIXES
from understudy.studio.context import StudioContext

FOOTAGE = VIDEO_SUFFIXES | IMAGE_SUFFIXES
SOUND = SOUND_SUFFIXES | (VIDEO_SUFFIXES - {".gif"})
KINDS: dict[str, frozenset[str] | None] = {"footage": FOOTAGE, "sound": SOUND, "evidence": None}
MOST_FOOTAGE_BYTES = 64 << 30
MOST_EVIDENCE_BYTES = 100 << 20
_SPARED_BYTES = 1 << 30  # of the disk, for the work itself
_MOST_SHOWN = 2000
_KEPT = {"footage": "footage", "sound": "footage", "evidence": "consent"}  # folders of the production
_NO_NAMES = {"footage": "no video and no picture", "sound": "no sound and no video"}
_PART = ".part"  # ends what is being written
_ABANDONED_S = 3600.0  # nothing was written to it for so long: what wrote it is gone


class NotAllowedError(UnderstudyError):
    """A path outside of the folders that pages may name."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What lies in a folder.

    Args:
        path: of the folder.
        parent: the folder above, None where that may not be seen.
        folders: names.
        files: name and size in bytes.
        left_out: how many more there are.
    """

    path: str
    parent: str | None
    folders: list[str]
    files: list[tuple[str, int]]
    left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder that choosing may begin in."""

    name: str
    path: Path


def places(context: StudioContext) -> list[Place]:
    """Where files may be chosen from: nothing outside of these is ever listed or taken."""
    actors = Path(str(files("understudy"))) / "assets" / "demo"
    found = [
        Place(name="Built-in actors", path=actors),
        Place(name="Where the studio was started", path=context.started_in),
        Place(name="This production", path=context.production),
        Place(name="Home", path=Path.home()),
    ]
    return [place for place in found if place.path.is_dir()]


def allowed(context: StudioContext, path: str | os.PathLike[str]) -> Path:
    """A path as it really is, with links followed, if it lies in one of the places.

    Raises:
        NotAllowedError: it lies elsewhere, or is no path.
    """
    try:
        real = Path(path).resolve(strict=True)
        if any(real.is_relative_to(place.path.resolve()) for place in places(context)):
            return real
    except (OSError, ValueError, RuntimeError):  # not there, a zero byte, links in a circle
        pass
    raise NotAllowedError(
        f"{str(path)[:200]!r} is not there, or not in a folder that the studio may use",
        "choose from your home, from the folder where the studio was started, or drop the file",
    )


def listing(context: StudioContext, path: str, suffixes: frozenset[str] | None = FOOTAGE) -> Listing:
    """What may be chosen in a folder; hidden files, and links that lead out of the places, are left out.

    Args:
        context: of the studio.
        path: of the folder.
        suffixes: of files that are shown, lower case; all where None.

    Raises:
        NotAllowedError: it may not be seen.
        UnderstudyError: it cannot be read.
    """
    folder = allowed(context, path)
    if not folder.is_dir():
        raise NotAllowedError(f"{folder} is no folder", "choose another")
    seen = [entry for entry in _entries(folder) if _is_shown(context, entry, suffixes)]
    seen.sort(key=lambda entry: entry.name.casefold())
    shown, parent = seen[:_MOST_SHOWN], folder.parent
    return Listing(
        path=str(folder),
        parent=str(parent) if parent != folder and _is_allowed(context, parent) else None,
        folders=[entry.name for entry in shown if entry.is_dir()],
        files=[(entry.name, entry.stat().st_size) for entry in shown if entry.is_file()],
        left_out=len(seen) - len(shown),
    )


async def keep(context: StudioContext, name: str, kind: str, chunks: AsyncIterator[bytes]) -> Path:
    """Write what a page sends into the production, all of it or nothing.

    Args:
        context: of the studio.
        name: of the file, as the page says it; only its last part is used, and nothing is written over.
        kind: "footage", "sound" or "evidence".
        chunks: the content.

    Raises:
        UnderstudyError: a name that no footage has, too large, empty, or the disk is full.
    """
    plain = _plain_name(name, kind)
    most = MOST_EVIDENCE_BYTES if kind == "evidence" else MOST_FOOTAGE_BYTES
    folder = context.production / _KEPT[kind]
    aside = folder / f".{secrets.token_hex(8)}{_PART}"
    try:
        sweep(context)
        folder.mkdir(parents=True, exist_ok=True)
        if folder.is_symlink():
            raise UnderstudyError(f"{folder} is a link to another place", "remove it")
        with aside.open("xb") as file:
            await _write(file, chunks, min(most, shutil.disk_usage(folder).free - _SPARED_BYTES))
        path = _free_name(folder / plain)
        replace_atomically(aside, path)
    except OSError as error:
        raise UnderstudyError(f"cannot keep {plain} ({error.strerror})", next_step_for(error)) from error
    finally:
        aside.unlink(missing_ok=True)
    return path


def sweep(context: StudioContext) -> None:
    """Remove what uploads have left that a kill has broken off; those that are under way stay."""
    for name in set(_KEPT.values()):
        folder = context.production / name
        for path in folder.glob(f".*{_PART}") if not folder.is_symlink() else ():
            with contextlib.suppress(OSError):
                if time.time() - path.lstat().st_mtime > _ABANDONED_S:
                    path.unlink()


async def _write(file: IO[bytes], chunks: AsyncIterator[bytes], most: int) -> None:
    written = 0
    async for chunk in chunks:
        written += len(chunk)
        if written > most:
            raise UnderstudyError("the file is too large, or the disk is nearly full", "choose it instead")
        file.write(chunk)
    if not written:
        raise UnderstudyError("the file is empty", "choose another")


def _plain_name(name: str, kind: str) -> str:
    """The last part of a name, without what a file system or a terminal could take amiss."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(sign if sign.isprintable() and sign not in '<>:"|?*' else "_" for sign in last).strip(
        " ."
    )
    stem, suffix = Path(plain).stem[:80], Path(plain).suffix[:12]
    if not stem:
        raise UnderstudyError("the file has no name", "give it one")
    suffixes = KINDS[kind]
    if suffixes is not None and suffix.lower() not in suffixes:
        raise UnderstudyError(f"{stem}{suffix} is {_NO_NAMES[kind]}, by its name", "choose another")
    return stem + suffix


def _free_name(path: Path) -> Path:
    """The path, or one with a number where that is taken."""
    number, free = 1, path
    while os.path.lexists(free):
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def _is_shown(context: StudioContext, entry: os.DirEntry[str], suffixes: frozenset[str] | None) -> bool:
    if entry.name.startswith(".") or (entry.is_symlink() and not _is_allowed(context, entry.path)):
        return False
    is_wanted = suffixes is None or Path(entry.name).suffix.lower() in suffixes
    return entry.is_dir() or (entry.is_file() and is_wanted)


def _is_allowed(context: StudioContext, path: str | os.PathLike[str]) -> bool:
    try:
        allowed(context, path)
    except NotAllowedError:
        return False
    return True


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise UnderstudyError(f"cannot read {folder} ({error.strerror})", "choose another folder") from error
