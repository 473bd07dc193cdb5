"""The pictures in which imported faces are looked at: their aligned ones, or the frames they are from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from understudy.core.errors import FacesetError, MediaError
from understudy.core.geometry import inverse
from understudy.core.picture import Picture, as_picture
from understudy.core.types import Image, Matrix
from understudy.faces.foreign.grouping import ForeignFootage, ForeignFrame
from understudy.faces.foreign.records import ForeignFace
from understudy.media.footage import open_footage
from understudy.media.images import IMAGE_SUFFIXES, read_image
from understudy.media.info import VideoInfo

TIME_BASE = Fraction(1, 25)  # of frames whose times are not known

_IDENTITY: Matrix = np.eye(2, 3, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A face and the picture to look at.

    Args:
        face: as imported.
        image: (h, w, 3) RGB uint8, or a picture that is made only where somebody looks.
        frame_from_image: (2, 3) similarity, None where the program does not say.
    """

    face: ForeignFace
    image: Image | Picture
    frame_from_image: Matrix | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFrame:
    """The faces of one frame with their pictures.

    Args:
        index: position in the footage, from 0.
        pts: presentation time in units of `time_base`.
        time_base: seconds a unit of `pts`.
        faces: those that have a picture.
        missing: reason to names of the files whose picture cannot be had.
    """

    index: int
    pts: int
    time_base: Fraction
    faces: list[Shown]
    missing: dict[str, list[str]]


def shown_frames(
    footage: ForeignFootage, frames: Path | None, first_index: int, problems: list[str]
) -> Iterator[ShownFrame]:
    """Give the frames of some footage in order, from an index on.

    Args:
        footage: the imported faces.
        frames: video or folder of images that they are from, None where their own pictures are used.
        first_index: frames before are left out.
        problems: gets what was wrong with the footage.

    Raises:
        FacesetError: the frames are not those that the faces are from.
        MediaError: the footage cannot be read.
    """
    wanted = [frame for frame in footage.frames if frame.index >= first_index]
    if frames is None:
        return (_from_pictures(frame) for frame in wanted)
    if frames.is_dir():
        return _from_folder(wanted, frames)
    return _from_video(wanted, frames, problems)


def info_of(frames: Path | None) -> VideoInfo | None:
    """What is known of the frames' footage, None where there is none; raises MediaError."""
    if frames is None:
        return None
    with open_footage(frames) as opened:
        return opened.info


def _from_pictures(frame: ForeignFrame) -> ShownFrame:
    faces: list[Shown] = []
    missing: dict[str, list[str]] = {}
    for face in frame.faces:
        try:
            image = read_image(face.file)
        except MediaError:
            missing.setdefault("its picture is damaged", []).append(face.file.name)
            continue
        stored = face.aligned_from_frame
        frame_from_image = None if stored is None else inverse(stored)
        faces.append(Shown(face=face, image=image, frame_from_image=frame_from_image))
    return ShownFrame(index=frame.index, pts=frame.index, time_base=TIME_BASE, faces=faces, missing=missing)


def _from_folder(wanted: list[ForeignFrame], folder: Path) -> Iterator[ShownFrame]:
    files = {file.name: file for file in folder.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES}
    by_stem = {file.stem: file for file in files.values()}
    found = [files.get(frame.name) or by_stem.get(Path(frame.name).stem) for frame in wanted]
    if wanted and not any(found):
        raise FacesetError(
            f"{folder} has none of the frames that the faces are from, such as {wanted[0].name}",
            "give the folder of frames that the faceset was made from, or leave out --frames",
        )
    for frame, file in zip(wanted, found, strict=True):
        image = None if file is None else _readable(file)
        if image is not None:
            yield _from_frame(frame, image, frame.index, TIME_BASE)
        elif all(face.has_picture for face in frame.faces):
            yield _from_pictures(frame)
        else:
            yield _without_frame(frame, TIME_BASE)


def _readable(file: Path) -> Image | None:
    try:
        return read_image(file)
    except MediaError:
        return None


def _from_video(wanted: list[ForeignFrame], video: Path, problems: list[str]) -> Iterator[ShownFrame]:
    waiting = {frame.index: frame for frame in wanted}
    if not waiting:
        return
    last, time_base = max(waiting), TIME_BASE
    with open_footage(video, start_index=min(waiting)) as opened:
        for decoded in opened.partial():
            time_base = decoded.time_base
            if (frame := waiting.pop(decoded.index, None)) is not None:
                yield _from_frame(frame, decoded.image, decoded.pts, time_base)
            if decoded.index >= last:
                break
        problems.extend(opened.warnings)
    for frame in waiting.values():
        yield _without_frame(frame, time_base)


def _from_frame(frame: ForeignFrame, image: Image | Picture, pts: int, time_base: Fraction) -> ShownFrame:
    picture = as_picture(image)
    width, height = picture.width_px, picture.height_px
    for face in frame.faces:
        if face.frame_size_px not in (None, (width, height)):
            raise FacesetError(
                f"the frame {frame.name} has {width} x {height} px, the faces were found in one of "
                f"{' x '.join(map(str, face.frame_size_px or ()))} px",
                "give the frames that the faceset was made from, or leave out --frames",
            )
    faces = [Shown(face=face, image=image, frame_from_image=_IDENTITY) for face in frame.faces]
    return ShownFrame(index=frame.index, pts=pts, time_base=time_base, faces=faces, missing={})


def _without_frame(frame: ForeignFrame, time_base: Fraction) -> ShownFrame:
    names = [face.file.name if face.has_picture else frame.name for face in frame.faces]
    return ShownFrame(
        index=frame.index,
        pts=frame.index,
        time_base=time_base,
        faces=[],
        missing={"its frame is not in the footage": names},
    )
