"""Light on painted faces whose two halves are known."""

from __future__ import annotations

import numpy as np
import pytest

from measure.made_faces import made_face
from understudy.faces.light import face_light


def lit(yaw_deg: float = 0, left: int = 100, right: int = 100, size_px: int = 256):
    """A picture with a bright left and right half, and the points of a face in its middle."""
    face = made_face(pose_deg=(yaw_deg, 0, 0), centre_px=(size_px / 2, size_px / 2), side_px=size_px / 2)
    picture = np.full((size_px, size_px, 3), 255, np.uint8)
    picture[:, : size_px // 2] = left
    picture[:, size_px // 2 :] = right
    return picture, face.landmarks_px[:, :2]


@pytest.mark.parametrize(
    ("left", "right", "side"), [(100, 100, 0), (50, 150, 0.5), (150, 50, -0.5), (0, 0, 0), (0, 200, 1)]
)
@pytest.mark.parametrize("size_px", [64, 512])
def test_brightness_and_side(left: int, right: int, side: float, size_px: int) -> None:
    found = face_light(*lit(left=left, right=right, size_px=size_px))
    assert found is not None
    assert found.brightness == pytest.approx((left + right) / 2, abs=6)
    assert found.side == pytest.approx(side, abs=0.05)


def test_what_lies_around_the_face_does_not_count() -> None:
    picture, points = lit()
    outside = np.ones(picture.shape[:2], bool)
    outside[40:230, 60:200] = False
    picture[outside] = 255
    assert face_light(picture, points) == face_light(*lit())


def test_a_profile_has_no_second_half() -> None:
    found = face_light(*lit(yaw_deg=75, left=40, right=160))
    assert found is not None
    assert np.isnan(found.side)


def test_a_face_beyond_the_picture_is_not_measured() -> None:
    picture, points = lit()
    assert face_light(picture, points + 1000) is None
