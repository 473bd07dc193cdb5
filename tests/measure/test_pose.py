"""Differences of pose and gaze in degrees."""

from dataclasses import replace

import numpy as np
import pytest

from measure.made_faces import made_face
from understudy.measure.pose import gaze_difference_deg, pose_difference_deg


def test_pose_difference_is_the_mean_of_three_angles_the_short_way_round() -> None:
    a = made_face(pose_deg=(10, -5, 175))
    b = made_face(pose_deg=(16, -8, -179))
    assert pose_difference_deg(a, b) == pytest.approx((6 + 3 + 6) / 3, abs=0.05)
    assert pose_difference_deg(a, a) == 0


def test_gaze_difference_and_what_is_not_seen() -> None:
    a, b = made_face(), made_face(gaze=(0.05, 0))
    known = gaze_difference_deg(a, b)
    assert known == pytest.approx(np.degrees(np.arcsin(0.125)) / 2, abs=0.3)
    landmarks = a.landmarks_px.copy()
    landmarks[[159, 386]] = landmarks[[145, 374]]
    closed = replace(a, landmarks_px=landmarks)
    assert gaze_difference_deg(a, closed) is None
