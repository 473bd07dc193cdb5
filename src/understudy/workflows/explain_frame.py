"""The picture that a face of a faceset is from, with the face as it lies there."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from understudy.core.errors import MediaError
from understudy.core.geometry import transform_points
from understudy.core.types import Image, Matrix
from understudy.faces.face import Face
from understudy.faces.faceset_records import StoredFace
from understudy.faces.stored_crop import decode_crop
from understudy.media.footage import open_footage


@dataclass(frozen=True, kw_only=True)
class SeenFrame:
    """A frame, or what is left of it.

    Args:
        image: (h, w, 3) RGB uint8.
        face: the face in it, pixels of that image.
        is_whole: whether it is the frame itself; where its footage is gone it is the stored crop.
    """

    image: Image
    face: Face
    is_whole: bool


def frame_of(stored: StoredFace, footage: Path | None) -> SeenFrame:
    """Read the frame that a face is from.

    Args:
        stored: the face.
        footage: where its faceset says that it lies.

    Raises:
        MediaError: neither the footage nor the stored crop can be read.
    """
    image = None if footage is None else _frame(footage, stored.frame_index)
    if image is not None:
        return SeenFrame(image=image, face=stored.face, is_whole=True)
    return SeenFrame(
        image=decode_crop(stored), face=moved(stored.face, stored.crop_from_frame), is_whole=False
    )


def moved(face: Face, to_from_frame: Matrix) -> Face:
    """A face as it lies in another picture; `to_from_frame` is the (2, 3) similarity."""
    scale = float(np.hypot(*to_from_frame[0, :2]))
    turn = math.atan2(float(to_from_frame[1, 0]), float(to_from_frame[0, 0]))
    landmarks = face.landmarks_px * np.float32(scale)
    landmarks[:, :2] = transform_points(to_from_frame, face.landmarks_px[:, :2])
    square = face.square
    ((x, y),) = transform_points(to_from_frame, np.array([[square.x_px, square.y_px]], np.float32)).tolist()
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    return replace(
        face,
        landmarks_px=landmarks,
        iris_px=transform_points(to_from_frame, face.iris_px.reshape(-1, 2)).reshape(face.iris_px.shape),
        box_px=np.concatenate([low, high]).astype(np.float32),
        square=replace(
            square, x_px=x, y_px=y, side_px=square.side_px * scale, roll_rad=square.roll_rad + turn
        ),
    )


def _frame(footage: Path, index: int) -> Image | None:
    """None where the footage is gone, or ends before."""
    try:
        with open_footage(footage, start_index=index) as opened:
            for frame in opened.partial():
                return frame.image.whole() if frame.index == index else None
    except MediaError:
        return None
    return None
