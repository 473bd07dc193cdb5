"""Pose and gaze in degrees."""

from dataclasses import replace

import numpy as np
import pytest

from measure.made_faces import made_face
from understudy.measure.pose import gaze_deg, gaze_difference_deg, pose_difference_deg


def test_pose_difference_is_the_mean_of_three_angles_the_short_way_round() -> None:
    a = made_face(pose_deg=(10, -5, 175))
    b = made_face(pose_deg=(16, -8, -179))
    assert pose_difference_deg(a, b) == pytest.approx((6 + 3 + 6) / 3, abs=0.05)
    assert pose_difference_deg(a, a) == 0


@pytest.mark.parametrize("pose", [(0, 0, 0), (25, 0, 0), (-20, 15, 30)])
def test_gaze_is_the_irises_place_and_not_the_heads(pose: tuple[float, float, float]) -> None:
    straight = gaze_deg(made_face(pose_deg=pose))
    away = gaze_deg(made_face(pose_deg=pose, gaze=(-0.1, 0.05)))
    assert straight is not None
    assert away is not None
    np.testing.assert_allclose(straight, [0, 0], atol=1.5)
    # a tenth of the eye's width to the left on a ball of 0.4 widths; to the picture's left is positive
    oracle = np.degrees(np.arcsin([0.1 / 0.4, 0.05 / 0.4]))
    np.testing.assert_allclose(away - straight, oracle, atol=2.0)


def test_gaze_difference_and_what_is_not_seen() -> None:
    a, b = made_face(), made_face(gaze=(0.05, 0))
    known = gaze_difference_deg(a, b)
    assert known == pytest.approx(np.degrees(np.arcsin(0.125)) / 2, abs=0.3)
    closed = made_face(lids=0.05)
    landmarks = a.landmarks_px.copy()
    landmarks[[159, 386]] = landmarks[[145, 374]]
    closed = replace(a, landmarks_px=landmarks)
    assert gaze_deg(closed) is None
    assert gaze_difference_deg(a, closed) is None
    assert gaze_deg(made_face(pose_deg=(80, 0, 0))) is None
    assert gaze_deg(replace(a, iris_px=np.full((2, 5, 2), np.nan, np.float32))) is None
