"""Gaze in degrees."""

from dataclasses import replace

import numpy as np
import pytest

from measure.made_faces import made_face
from understudy.faces.face import Face
from understudy.faces.gaze import gaze_deg, gazes_deg
from understudy.faces.pose import HeadPoses


@pytest.mark.parametrize("pose", [(0, 0, 0), (25, 0, 0), (-20, 15, 30)])
def test_gaze_is_the_irises_place_and_not_the_heads(pose: tuple[float, float, float]) -> None:
    straight = gaze_deg(made_face(pose_deg=pose))
    away = gaze_deg(made_face(pose_deg=pose, gaze=(-0.1, 0.05)))
    assert straight is not None
    assert away is not None
    np.testing.assert_allclose(straight, [0, 0], atol=1.5)
    # a tenth of the eye's width to the left on a ball of 0.4 widths; the picture's right is positive
    oracle = np.degrees(np.arcsin([-0.1 / 0.4, 0.05 / 0.4]))
    np.testing.assert_allclose(away - straight, oracle, atol=2.0)


def closed(face: Face) -> Face:
    landmarks = face.landmarks_px.copy()
    landmarks[[159, 386]] = landmarks[[145, 374]]
    return replace(face, landmarks_px=landmarks)


def test_what_is_not_seen_has_no_gaze() -> None:
    face = made_face()
    assert gaze_deg(closed(face)) is None
    assert gaze_deg(made_face(pose_deg=(80, 0, 0))) is None
    assert gaze_deg(replace(face, iris_px=np.full((2, 5, 2), np.nan, np.float32))) is None


def test_a_head_in_exact_profile_is_no_division_by_zero() -> None:
    face = made_face()
    profile = np.array([[[0, 0, 1], [0, 1, 0], [-1, 0, 0]]], np.float64)
    poses = HeadPoses(
        scale_px=np.array([100.0]), frame_from_head=profile, centre_px=np.array([[128.0, 128.0, 0.0]])
    )
    with np.errstate(all="raise"):
        assert np.isnan(gazes_deg(face.landmarks_px[None], face.iris_px[None], poses)).all()
