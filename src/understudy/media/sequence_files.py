"""The files of an image sequence while it is written: aside, and gone on with where it was stopped."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from understudy.core.errors import MediaError, UnderstudyError
from understudy.core.files import check_writable, sync, sync_folder
from understudy.media.output import Finish, write_errors
from understudy.media.parts_folder import PartsFolder, begun_anew, has_parts
from understudy.media.patterns import fixed_part, has_number, matches, names_of, numbered, with_number
from understudy.media.stills import STILL_SUFFIXES
from understudy.media.stretches import Together, key_from, put_into


class SequenceFiles:
    """Files called by a pattern, which all get their names at the end.

    Until then they lie in a folder that is called like the pattern, with ".parts" behind; what was `saved`
    there is gone on with by whoever begins again with the same key.

    Args:
        path: the pattern, e.g. frames/%06d.png; its folder is made where missing.
        key: says what is written; what is left of another key is thrown away.
        finish: what is done to all files, in their order, before they get their names.
        first: index of the first frame; those before it are another's.

    Attributes:
        next_frame: frames before this one are there.
        notes: whatever belongs to what was written; kept with it.
        warnings: why what was left is not used.

    Raises:
        MediaError: the folder cannot be written to, or such files are there.
    """

    def __init__(self, path: Path, key: str, finish: Finish | None = None, first: int = 0) -> None:
        """Find what an earlier run has left."""
        self._path, self._first, self._finish = path, first, finish
        self._key = key_from(key, first)
        self._unsynced: list[Path] = []
        self.warnings: list[str] = []
        self._is_new_folder = not path.parent.exists()
        self._folder = PartsFolder(path, names_of(path))
        try:
            self.next_frame, self.notes, self._written, self._is_moving = self._found()
            if not self._is_moving and (there := _there(path)):
                raise MediaError(*there)
        except BaseException:
            self._folder.close()
            raise
        if self._is_empty:
            self._folder.clear()

    def write(self, number: int, data: bytes) -> None:
        """Write the file of a number; any thread may."""
        with write_errors(self._path):
            file = numbered(self._folder.path / self._path.name, number)
            file.write_bytes(data)
            self._unsynced.append(file)

    def save(self, next_frame: int) -> None:
        """Note that all frames before one are written."""
        self._save(next_frame, is_moving=False)

    def close(self, next_frame: int) -> None:
        """Give the files their names.

        Raises:
            MediaError: the disk fails; what is written stays for the next time.
        """
        if self._finish is not None and not self._is_moving:
            self._save(next_frame, is_moving=False)
            with write_errors(self._path):
                self._finish(_lying(self._folder.path / self._path.name))
        self._save(next_frame, is_moving=True)
        with write_errors(self._path):
            for file in _lying(self._folder.path / self._path.name):
                file.replace(self._path.parent / file.name)
            sync_folder(self._path.parent)
        self._folder.clear()
        self._folder.close()

    def take_over(self, others: Sequence[SequenceFiles], together: Together) -> None:
        """Put the files of others behind those that are there, as of `PartsWriter`."""
        notes, next_frame = self.notes, self.next_frame
        for other in others:
            for file in _lying(other._folder.path / other._path.name):
                with write_errors(self._path):
                    into = self._folder.path / file.name
                    put_into(file, into)
                self._unsynced.append(into)
            notes, next_frame = together(notes, other.notes), max(next_frame, other.next_frame)
        self.notes = notes
        self._save(next_frame, is_moving=False)
        for other in others:
            other._folder.clear()

    @property
    def _is_empty(self) -> bool:
        return self.next_frame == self._first

    def discard(self) -> None:
        """Stop; what was saved stays."""
        if self._is_empty:
            self._folder.clear()
        self._folder.close()
        if self._is_empty and self._is_new_folder:
            with contextlib.suppress(OSError):  # there is something else in it
                self._path.parent.rmdir()

    def _save(self, next_frame: int, *, is_moving: bool) -> None:
        with write_errors(self._path):
            while self._unsynced:  # one by one: an interrupt must not let any be counted twice
                sync(self._unsynced[-1])
                self._unsynced.pop()
                self._written += 1
        state = {"next": next_frame, "files": self._written, "moving": is_moving, "notes": self.notes}
        self._folder.save(self._key, state)
        self.next_frame = next_frame

    def _found(self) -> tuple[int, dict[str, Any], int, bool]:
        """Next frame, notes, number of files and whether they were being given their names."""
        state = self._folder.state(self._key) or {}
        if self._folder.is_of_another:
            self.warnings.append(begun_anew(self._path))
        try:
            is_moving, notes = bool(state["moving"]), dict(state["notes"])
            next_frame, files = int(state["next"]), int(state["files"])
        except (ValueError, LookupError, TypeError, OverflowError):
            return self._first, {}, 0, False
        lying = len(_lying(self._folder.path / self._path.name))
        if is_moving:
            lying += len(_lying(self._path))
        if lying >= files:  # those after the last that was saved are written again
            return next_frame, notes, files, is_moving
        self.warnings.append(f"images of {self._path.name} are missing: all are made anew")
        return self._first, {}, 0, False


def check_sequence(path: Path, files: Sequence[Path]) -> None:
    """Refuse what can be known to fail before hours of work.

    Args:
        path: the pattern of the files to write.
        files: those that the footage consists of, where it is images.

    Raises:
        MediaError: the suffix, the pattern or the folder will not do.
    """
    if path.suffix.lower() not in STILL_SUFFIXES:
        raise MediaError(
            f"cannot write images of type {path.suffix or 'none'} ({path})",
            "use .png or .tif (up to 16 bits), or .jpg",
        )
    if not has_number(path) and len(files) != 1:
        if (meant := with_number(path)) is not None:
            raise MediaError(f"{path} does not say where the frames' numbers go", f"say {meant}")
        example = path.with_name(f"{path.stem}_%06d{path.suffix}")
        raise MediaError(f"{path} is one name for many frames", f"put a number into it: {example}")
    if fixed_part(path) != path.parent:
        raise MediaError(f"{path} has a pattern in the name of a folder", "have a number in the file's only")
    if not path.parent.is_dir() and not path.parent.parent.is_dir():
        raise MediaError(f"the folder {path.parent.parent} does not exist", "create it or choose another")
    is_own = path.parent.is_dir() and any(file.parent.samefile(path.parent) for file in files[:1])
    if is_own and has_number(path):
        raise MediaError(f"{path.parent} is the folder of the footage itself", "write to another folder")
    if path.is_dir():
        raise MediaError(f"{path} is a folder", "choose another name")
    folder = path.parent if path.parent.is_dir() else path.parent.parent
    try:
        check_writable(folder / "understudy.tmp")
    except UnderstudyError as error:
        raise MediaError(f"no files can be written to {folder}", error.next_step) from error
    if there := None if has_parts(path) else _there(path):
        raise MediaError(*there)


def _lying(path: Path) -> list[Path]:
    """The files that are there already of those that a pattern stands for."""
    return matches(path) if has_number(path) else [path] * path.is_file()


def _there(path: Path) -> tuple[str, str] | None:
    """What is to be said of files that have the names already."""
    found = _lying(path)
    if not found:
        return None
    count = f"{len(found)} files are" if len(found) > 1 else "a file is"
    return (
        f"{count} there already that {path} stands for, {found[0].name} the first",
        "choose an empty folder, or remove them: frames of two takes would be mixed",
    )
