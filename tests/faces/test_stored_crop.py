"""The upright face of a stored crop, read at another size."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from understudy.faces.crop import cut, cut_as_it_lies
from understudy.faces.face import Face, FaceSquare
from understudy.faces.faceset_records import StoredFace
from understudy.faces.stored_crop import read_upright
from understudy.media.images import write_image

HEIGHT, WIDTH = 700, 800


def made_frame() -> np.ndarray:
    """Smooth waves, none of which runs the same way as another."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    waves = [np.sin(x / 17 + y / 31 + 1), np.sin(x / 41 - y / 13), np.sin((x + y) / 23)]
    return np.round(127 + 90 * np.stack(waves, axis=-1)).astype(np.uint8)


def made_face(square: FaceSquare) -> Face:
    nothing = np.zeros(3, np.float32)
    return Face(
        box_px=np.zeros(4, np.float32), landmarks_px=np.zeros((468, 3), np.float32),
        iris_px=np.zeros((2, 5, 2), np.float32), confidence=1.0, track=0, square=square, pose_deg=nothing,
    )  # fmt: skip


@pytest.mark.parametrize("size_px", [40, 77, 100, 154, 240, 400])
def test_a_face_is_the_same_at_every_size(tmp_path: Path, size_px: int) -> None:
    """Against the one cut out of the frame at once, which never is a picture of half the size."""
    frame, square = made_frame(), FaceSquare(x_px=410.3, y_px=333.7, side_px=250.0, roll_rad=0.2)
    crop, crop_from_frame = cut_as_it_lies(frame, square)
    path = tmp_path / "a.jpg"
    write_image(path, crop)
    face = made_face(square)
    stored = StoredFace(
        id=1, source_id=1, frame_index=0, pts=0, time_s=Fraction(0), face=face, crop_path=path,
        crop_size_px=len(crop), crop_from_frame=crop_from_frame, state="kept", reason="",
    )  # fmt: skip
    read = read_upright(stored, size_px, 1.4)
    truth = cut(frame, square.crop_from_frame(size_px, 1.4), size_px)
    assert np.abs(read.astype(float) - truth).mean() < 1.5
