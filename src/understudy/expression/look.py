"""Where eyes look, in degrees and as ARKit's eight coefficients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Points, Vector
from understudy.expression.basis import Floats
from understudy.faces.gaze import gazes_deg
from understudy.faces.pose import HeadPoses

# degrees at a coefficient of 1: about as far as eyes go
SIDEWAYS_DEG, UP_DEG, DOWN_DEG = 40.0, 30.0, 35.0
_ENOUGH = 25  # frames from which on where somebody usually looks is known


def gaze_over_time(
    landmarks_px: Points, iris_px: Points, poses: HeadPoses
) -> tuple[Floats, tuple[float, float]]:
    """Gaze against where the eyes usually look, and that.

    Args:
        landmarks_px: (n, 468, 3) float32, frame pixels.
        iris_px: (n, 2, 5, 2) float32.
        poses: of the heads.

    Returns:
        (n, 2) float32 yaw, pitch in degrees, where the eyes are shut as before and after, and the median.
        Of a few frames the median says nothing: it is 0 there.
    """
    gaze = filled(gazes_deg(landmarks_px, iris_px, poses))
    usual = np.median(gaze, axis=0) if len(gaze) >= _ENOUGH else np.zeros(2)
    return (gaze - usual).astype(np.float32), (float(usual[0]), float(usual[1]))


def filled(values: NDArray[np.floating]) -> Floats:
    """(n, k) values with NaN bridged by straight lines; 0 where nothing is known."""
    out = np.array(values, np.float32)
    at = np.arange(len(out))
    for column in out.T:
        known = np.isfinite(column)
        column[:] = np.interp(at, at[known], column[known]) if known.any() else 0
    return out


def look_coefficients(gaze_deg: Floats) -> Floats:
    """(n, 8) in [0, 1] in the order of `names.GAZE_NAMES`, of (n, 2) yaw, pitch; both eyes look alike."""
    yaw, pitch = gaze_deg.T
    up, down = np.clip(-pitch / UP_DEG, 0, 1), np.clip(pitch / DOWN_DEG, 0, 1)
    # the picture's right is the person's left: there the left eye looks outwards
    to_left, to_right = np.clip(yaw / SIDEWAYS_DEG, 0, 1), np.clip(-yaw / SIDEWAYS_DEG, 0, 1)
    columns = (up, down, to_right, to_left, up, down, to_left, to_right)
    return np.stack(columns, axis=1).astype(np.float32)


def gaze_of(coefficients: Vector) -> tuple[float, float]:
    """Yaw and pitch in degrees of (8,) coefficients, the mean of both eyes: the inverse."""
    up_l, down_l, in_l, out_l, up_r, down_r, in_r, out_r = coefficients.astype(float).tolist()
    yaw = SIDEWAYS_DEG * (out_l - in_l + in_r - out_r) / 2
    return yaw, (DOWN_DEG * (down_l + down_r) - UP_DEG * (up_l + up_r)) / 2
