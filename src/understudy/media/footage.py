"""Any footage as one stream of frames: a video file, an image file, a folder or a pattern of images."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from understudy.core.digest_once import sha256_once
from understudy.core.errors import MediaError
from understudy.core.types import Frame, Image
from understudy.media.image_picture import ImagePicture
from understudy.media.images import IMAGE_SUFFIXES, read_image
from understudy.media.info import VideoInfo
from understudy.media.partial import PartialFrame
from understudy.media.patterns import fixed_part, is_pattern, matches, natural_key
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

    def partial(self) -> Iterator[PartialFrame]:
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
        path: the image, the folder or the pattern, for `info` and messages.
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

    def some(self, most: int) -> Iterator[tuple[float, Image]]:
        """Seconds and pictures of at most so many images, evenly spread; none that cannot be read."""
        step = -(-len(self._files) // most)
        for index in range(0, len(self._files), step):
            try:
                yield float(index / _FOLDER_RATE_HZ), read_image(self._files[index])
            except MediaError:
                continue

    def partial(self) -> Iterator[PartialFrame]:
        """Give the same frames; an image file is decoded whole."""
        for frame in self:
            picture = ImagePicture(frame.image)
            yield PartialFrame(index=frame.index, pts=frame.pts, time_base=frame.time_base, image=picture)

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


def open_near(path: Path, pts: int) -> FrameSource:
    """Open footage at a frame at or before a time, without decoding all that comes before it.

    Args:
        path: as of `open_footage`.
        pts: of a frame that was seen, in units of the time base. Frames are known by their times only.

    Raises:
        MediaError: as of `open_footage`.
    """
    footage = open_footage(path, start_index=pts if image_files(path) else 0)
    if isinstance(footage, VideoReader) and not footage.skip_to(pts):
        footage.close()
        return open_footage(path)
    return footage


def open_footage(path: Path, *, start_index: int = 0, start_s: Fraction = Fraction(0)) -> FrameSource:
    """Open a video file, an image file, a folder of images, or what a pattern matches.

    Args:
        path: what to open; a pattern that matches images is those, else it must match one video.
        start_index: first frame to give.
        start_s: first frame to give by time since the first frame; the later of the two counts.

    Raises:
        MediaError: it does not exist, is a folder without images, stands for several videos, or cannot be
            decoded.
    """
    if is_pattern(path):
        images, videos = _matched(path)
        if images:
            return ImageFootage(path, images, start_index=start_index, start_s=start_s)
        if len(videos) > 1:
            raise MediaError(f"{path} stands for {len(videos)} videos", "name one of them")
        return VideoReader(videos[0], start_index=start_index, start_s=start_s)
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
            images, which stay one piece; patterns, whose images are one piece and whose videos one each.
            Folders inside folders are not looked into, but by a pattern with `**`.

    Returns:
        Each piece once, videos of one folder or pattern in natural order (2 before 10).

    Raises:
        MediaError: a path does not exist, a pattern matches no footage, a folder holds none, or both videos
            and images, of which one kind would be lost, or there is no path at all.
    """
    pieces: list[Path] = []
    for path in paths:
        if is_pattern(path):
            images, videos = _matched(path)
            pieces.extend([*([path] if images else []), *videos])
        elif not path.exists():
            raise MediaError(f"{path} does not exist", "check the path")
        elif not path.is_dir():
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
    """SHA-256 of footage: of the file, or of the names and contents of a folder's or pattern's images.

    A pattern that matches all images of a folder has the folder's digest. A file that does not change is
    read once in a process.

    Raises:
        UnderstudyError: a file cannot be read, or a pattern matches none.
    """
    if is_pattern(path):
        folder, (files, _) = fixed_part(path), _matched(path)
    elif path.is_dir():
        folder, files = path, _files_in(path, IMAGE_SUFFIXES)
    else:
        return sha256_once(path)
    digest = hashlib.sha256()
    for file in files:
        line = f"{file.relative_to(folder).as_posix()}\0{sha256_once(file)}\n"
        digest.update(line.encode(errors="surrogateescape"))  # names need not be UTF-8
    return digest.hexdigest()


def image_files(path: Path) -> list[Path]:
    """The images that footage consists of, each at the index of its frame; none of a video.

    Raises:
        MediaError: a pattern matches no footage.
    """
    if is_pattern(path):
        return _matched(path)[0]
    if path.is_dir():
        return _files_in(path, IMAGE_SUFFIXES)
    return [path] if path.suffix.lower() in IMAGE_SUFFIXES else []


def _matched(pattern: Path) -> tuple[list[Path], list[Path]]:
    """Images and videos that match a pattern; MediaError where there is neither."""
    files = matches(pattern)
    images, videos = (
        [file for file in files if file.suffix.lower() in suffixes]
        for suffixes in (IMAGE_SUFFIXES, VIDEO_SUFFIXES)
    )
    if not images and not videos:
        found = f"none of the {len(files)} files that it matches is one" if files else "it matches no file"
        raise MediaError(
            f"{pattern} stands for no video and no image: {found}",
            "check the pattern; * is any part of a name and ** any number of folders",
        )
    return images, videos


def _files_in(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    """Visible files of some types, in natural order."""
    found = [
        file
        for file in folder.iterdir()
        if file.suffix.lower() in suffixes and not file.name.startswith(".") and file.is_file()
    ]
    return sorted(found, key=natural_key)
