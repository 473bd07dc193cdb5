"""Where the eyes look, relative to the head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Vector
from understudy.faces.face import Face
from understudy.faces.mesh import template
from understudy.faces.pose import HeadPose, fit_pose

# corners (outer, inner) and a pair of points on the lids (upper, lower), left then right in the picture
_CORNERS = np.array([(33, 133), (263, 362)])
_LIDS = np.array([(159, 145), (386, 374)])

# mean adult eye: the ball's radius is 12 mm, the lids' opening 30 mm from corner to corner
_BALL_RADIUS_IN_EYE_WIDTHS = 12.0 / 30.0
_IRIS_BEFORE_CORNERS = 0.02  # how much nearer to the camera the iris lies, face units; about 4 mm
_CLOSED_BELOW = 0.1  # lid gap over eye width below which the iris is guessed, not seen
_LARGEST_SINE = 0.95
_LEAST_FACING = 0.3  # cosine of the angle to the camera below which an eye is too foreshortened


def gaze_deg(face: Face, pose: HeadPose | None = None) -> Vector | None:
    """Direction of the eyes relative to the head, from where the irises lie between the lids' corners.

    The corners' midpoint stands in for the eyeball's centre, so the angles carry a constant offset
    of each person; differences between frames do not.

    Args:
        face: with iris points.
        pose: of the head where it is known already; else it is fitted.

    Returns:
        (2,) float32 yaw, pitch in degrees, mean of the open eyes: yaw > 0 looks to the picture's
        right, pitch > 0 looks down, as the head's do. None where both eyes are closed, the iris is not
        known, or the head is turned to profile.
    """
    pose, model = pose or fit_pose(face.landmarks_px), template()
    if pose.frame_from_head[2, 2] < _LEAST_FACING:
        return None
    upper, lower = pose.undo(face.landmarks_px[_LIDS].reshape(-1, 3)).reshape(2, 2, 3).transpose(1, 0, 2)
    gaps = np.linalg.norm(upper - lower, axis=1)
    depths = model[_CORNERS, 2]
    corners = _on_depth(pose, face.landmarks_px[_CORNERS, :2], depths)
    widths = np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1)
    irises = _on_depth(pose, face.iris_px[:, 0], depths.mean(axis=1) - _IRIS_BEFORE_CORNERS)
    is_seen = (widths > 1e-6) & (gaps > _CLOSED_BELOW * widths) & np.isfinite(irises).all(axis=1)
    if not is_seen.any():
        return None
    off = (irises - corners.mean(axis=1))[is_seen] / (widths[is_seen, None] * _BALL_RADIUS_IN_EYE_WIDTHS)
    angles = np.degrees(np.arcsin(np.clip(off, -_LARGEST_SINE, _LARGEST_SINE)))
    return angles.mean(axis=0).astype(np.float32)


def _on_depth(
    pose: HeadPose, points_px: NDArray[np.floating], depths: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Where frame points lie seen from the front, (..., 2) in face units, if they have these depths there.

    The template's depth is used because a network's own depth of an eye is noisier than the eye.
    """
    turn = pose.frame_from_head
    seen = (points_px - pose.centre_px[:2]) / pose.scale_px - depths[..., None] * turn[:2, 2]
    # two by two: NumPy's own inverse takes longer than all else here
    inverse = np.array([[turn[1, 1], -turn[0, 1]], [-turn[1, 0], turn[0, 0]]])
    return seen @ inverse.T / (turn[0, 0] * turn[1, 1] - turn[0, 1] * turn[1, 0])
