"""What a path that is to be verified stands for, and where its manifest lies."""

from __future__ import annotations

import io
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from understudy.core.errors import MediaError
from understudy.media.footage import image_files
from understudy.media.patterns import has_number, is_pattern, matches
from understudy.provenance.file_list import digests_of, listing
from understudy.provenance.places import SIDECAR_SUFFIX, media_type_of, sidecar_of

_MOST_SIDECAR_BYTES = 256 << 20


@dataclass(frozen=True, kw_only=True)
class Asset:
    """What is verified.

    Args:
        path: what it is called.
        files: that it consists of; several where it is numbered images.
        sidecar: where a manifest lies beside it, if one does.
    """

    path: Path
    files: list[Path]
    sidecar: Path | None = None

    @property
    def is_sequence(self) -> bool:
        """Whether it is numbered images with one manifest."""
        return self.files != [self.path]

    @cached_property
    def digests(self) -> dict[str, str]:
        """Of its files by name, where they are several."""
        return digests_of(self.files)

    @property
    def media_type(self) -> str | None:
        """By its name."""
        return None if self.is_sequence else media_type_of(self.path)

    @contextmanager
    def opened(self) -> Generator[BinaryIO]:
        """What a manifest is bound to: the file, or the list of all."""
        if self.is_sequence:
            yield io.BytesIO(listing(self.digests))
            return
        with self.path.open("rb") as file:
            yield file

    def manifest_beside(self) -> bytes | None:
        """The content of the sidecar; None where there is none."""
        if self.sidecar is None:
            return None
        with self.sidecar.open("rb") as file:
            data = file.read(_MOST_SIDECAR_BYTES + 1)
        if len(data) > _MOST_SIDECAR_BYTES:
            raise MediaError(f"{self.sidecar} is too large for a manifest", "remove it")
        return data


def asset_of(path: Path) -> Asset:
    """Find out what a path stands for.

    Args:
        path: a file, a folder of numbered images, or their pattern.

    Raises:
        MediaError: there is nothing of this name, or a folder holds the manifests of several sequences.
            A folder without any is one without a manifest.
    """
    if is_pattern(path):
        return _sequence(path)
    if path.is_dir():
        patterns = _patterns_in(path)
        if len(patterns) > 1:
            names = ", ".join(pattern.name for pattern in patterns)
            raise MediaError(f"{path} holds several sequences ({names})", "name one of them")
        if not patterns:
            return Asset(path=path, files=image_files(path))
        return _sequence(patterns[0])
    if not path.exists():
        raise MediaError(f"there is no file {path}", "check the name")
    if not path.is_file():
        raise MediaError(f"{path} is no plain file", "name a picture, a video or sound")
    for beside in (sidecar_of(path), path.with_name(path.name + SIDECAR_SUFFIX)):
        if beside.is_file() and beside != path:
            return Asset(path=path, files=[path], sidecar=beside)
    return Asset(path=path, files=[path])


def sequence_around(path: Path) -> Asset | None:
    """The sequence with a manifest that an image belongs to, if any."""
    for pattern in _patterns_in(path.parent):
        if path in matches(pattern):
            return _sequence(pattern)
    return None


def _sequence(pattern: Path) -> Asset:
    files = matches(pattern)
    if not files:
        raise MediaError(f"{pattern} matches no file", "check the pattern")
    beside = sidecar_of(pattern)
    return Asset(path=pattern, files=files, sidecar=beside if beside.is_file() else None)


def _patterns_in(folder: Path) -> list[Path]:
    """The sequences of a folder that have a manifest, by its name."""
    found = (beside.with_suffix("") for beside in sorted(folder.glob(f"*{SIDECAR_SUFFIX}")))
    return [pattern for pattern in found if has_number(pattern) and matches(pattern)]
