"""How far two faces differ in where the head points and where the eyes look."""

from __future__ import annotations

import numpy as np

from understudy.faces.face import Face
from understudy.faces.gaze import gaze_deg


def pose_difference_deg(a: Face, b: Face) -> float:
    """Mean absolute difference of yaw, pitch and roll in degrees, each the short way round."""
    return float(np.abs((a.pose_deg - b.pose_deg + 180) % 360 - 180).mean())


def gaze_difference_deg(a: Face, b: Face) -> float | None:
    """Mean absolute difference of gaze yaw and pitch in degrees; None where either is not seen."""
    gaze_a, gaze_b = gaze_deg(a), gaze_deg(b)
    return None if gaze_a is None or gaze_b is None else float(np.abs(gaze_a - gaze_b).mean())
