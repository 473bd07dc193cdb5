"""Any footage as one stream of frames: a video file, an image file, or a folder of images."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from understudy.core.errors import MediaError
from understudy.core.files import sha256_of_file
from understudy.core.picture import AnyFrame
from understudy.core.types import Frame
from understudy.media.images import IMAGE_SUFFIXES, read_image
from understudy.media.info import VideoInfo
from understudy.media.reader import VideoReader

VIDEO_SUFFIXES = frozenset(
    {".3gp", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf"}
    | {".ogv", ".ts", ".vob", ".webm", ".wmv"}
)
_FOLDER_RATE_HZ = Fraction(25)


class FrameSource(Protocol):
    """Footage that is open: frames once through, in order of presentation.

    `index` and `pts` of the frames increase strictly; `warnings` is complete once they are read.
    """

    @property
    def info(self) -> VideoInfo:
        """What is known before the frames are read."""
        ...

    @property
    def warnings(self) -> list[str]:
        """What was wrong with the footage so far, a line each."""
        ...

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames."""
        ...

    def partial(self) -> Iterator[AnyFrame]:
        """Give the same frames, each converted to RGB only where somebody looks; instead of iterating."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...

    def __enter__(self) -> Self:
        """Give the source itself."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        ...


class ImageFootage:
    """Image files, in the order given, as frames at 25 a second; their sizes may differ.

    Args:
        path: the image or the folder, for `info` and messages.
        files: the images; at least one of them readable.
        start_index: position of the first image to give.
        start_s: the same by time; the later of the two counts.

    Raises:
        MediaError: none can be read.
    """

    def __init__(
        self, path: Path, files: list[Path], *, start_index: int = 0, start_s: Fraction = Fraction(0)
    ) -> None:
        """Read the first readable image for its size."""
        if start_index < 0:
            raise ValueError(f"start_index must be at least 0, got {start_index}")
        self.warnings: list[str] = []
        self._files = files
        self._start_index = max(start_index, math.ceil(start_s * _FOLDER_RATE_HZ))
        self.info = self._describe(path)

    def __iter__(self) -> Iterator[Frame]:
        """Give the images from the start on; one that cannot be read leaves a gap and a warning."""
        for index in range(self._start_index, len(self._files)):
            try:
                image = read_image(self._files[index])
            except MediaError as error:
                self.warnings.append(f"left out: {error}")
                continue
            yield Frame(index=index, pts=index, time_base=1 / _FOLDER_RATE_HZ, image=image)

    def partial(self) -> Iterator[Frame]:
        """Give the same frames; an image file is decoded whole."""
        return iter(self)

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> Self:
        """Give the footage itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""

    def _describe(self, path: Path) -> VideoInfo:
        """Information from the first readable image."""
        last_error: MediaError | None = None
        for file in self._files:
            try:
                height, width = read_image(file).shape[:2]
            except MediaError as error:
                last_error = error
                continue
            return VideoInfo(
                path=path,
                width_px=width,
                height_px=height,
                coded_width_px=width,
                coded_height_px=height,
                time_base=1 / _FOLDER_RATE_HZ,
                average_rate_hz=_FOLDER_RATE_HZ,
                duration_s=len(self._files) / _FOLDER_RATE_HZ,
                frames_hint=len(self._files),
                pixel_format="rgb24",
                bit_depth=8,
                container="images",
                codec=file.suffix.lower().lstrip("."),
            )
        if last_error is not None and len(self._files) == 1:
            raise last_error
        raise MediaError(
            f"none of the {len(self._files)} images in {path} can be read", "save them as JPEG or PNG"
        )


def open_footage(path: Path, *, start_index: int = 0, start_s: Fraction = Fraction(0)) -> FrameSource:
    """Open a video file, an image file, or a folder of images.

    Args:
        path: what to open.
        start_index: first frame to give.
        start_s: first frame to give by time since the first frame; the later of the two counts.

    Raises:
        MediaError: it does not exist, is a folder without images, or cannot be decoded.
    """
    if path.is_dir():
        images = _files_in(path, IMAGE_SUFFIXES)
        if not images:
            next_step = (
                "give one of its videos" if _files_in(path, VIDEO_SUFFIXES) else "give a folder of images"
            )
            raise MediaError(f"{path} is a folder without images", next_step)
        return ImageFootage(path, images, start_index=start_index, start_s=start_s)
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return ImageFootage(path, [path], start_index=start_index, start_s=start_s)
    return VideoReader(path, start_index=start_index, start_s=start_s)


def expand_footage(paths: Iterable[Path]) -> list[Path]:
    """List the pieces of footage that some paths stand for.

    Args:
        paths: files, which stay as they are; folders of videos, which become their videos; folders of
            images, which stay one piece. Folders inside folders are not looked into.

    Returns:
        Each piece once, videos of one folder in natural order (2 before 10).

    Raises:
        MediaError: a path does not exist, a folder holds no footage, or both videos and images, of which
            one kind would be lost, or there is no path at all.
    """
    pieces: list[Path] = []
    for path in paths:
        if not path.exists():
            raise MediaError(f"{path} does not exist", "check the path")
        if not path.is_dir():
            pieces.append(path)
        else:
            pieces.extend(_pieces_in(path))
    if not pieces:
        raise MediaError("no footage given", "name at least one video, image or folder")
    return list(dict.fromkeys(pieces))


def _pieces_in(folder: Path) -> list[Path]:
    videos, images = _files_in(folder, VIDEO_SUFFIXES), _files_in(folder, IMAGE_SUFFIXES)
    if videos and images:
        raise MediaError(
            f"{folder} holds both videos ({len(videos)}) and images ({len(images)})",
            "name its videos one by one, and move the images to a folder of their own",
        )
    if not videos and not images:
        raise MediaError(f"{folder} holds no video and no image", "give a folder that holds some itself")
    return videos or [folder]


def sha256_of(path: Path) -> str:
    """SHA-256 of footage: of the file, or of the names and contents of a folder's images.

    Raises:
        UnderstudyError: a file cannot be read.
    """
    if not path.is_dir():
        return sha256_of_file(path)
    digest = hashlib.sha256()
    for file in _files_in(path, IMAGE_SUFFIXES):
        digest.update(f"{file.name}\0{sha256_of_file(file)}\n".encode())
    return digest.hexdigest()


def _files_in(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    """Visible files of some types, in natural order."""
    found = [
        file
        for file in folder.iterdir()
        if file.suffix.lower() in suffixes and not file.name.startswith(".") and file.is_file()
    ]
    return sorted(found, key=_natural_key)


def _natural_key(path: Path) -> tuple[list[tuple[int, str]], str]:
    """Order numbers in names by value; the name itself decides between 1.jpg and 01.jpg."""
    parts = re.findall(r"\d+|\D+", path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in parts], path.name
