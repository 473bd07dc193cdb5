"""Where the eyes look, relative to the head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Points, Vector
from understudy.faces.face import Face
from understudy.faces.mesh import template
from understudy.faces.pose import HeadPoses, fit_poses

# corners (outer, inner) and a pair of points on the lids (upper, lower), left then right in the picture
_CORNERS = np.array([(33, 133), (263, 362)])
_LIDS = np.array([(159, 145), (386, 374)])

# mean adult eye: the ball's radius is 12 mm, the lids' opening 30 mm from corner to corner
_BALL_RADIUS_IN_EYE_WIDTHS = 12.0 / 30.0
_IRIS_BEFORE_CORNERS = 0.02  # how much nearer to the camera the iris lies, face units; about 4 mm
_CLOSED_BELOW = 0.1  # lid gap over eye width below which the iris is guessed, not seen
_LARGEST_SINE = 0.95
_LEAST_FACING = 0.3  # cosine of the angle to the camera below which an eye is too foreshortened


def gaze_deg(face: Face) -> Vector | None:
    """Direction of the eyes relative to the head, see `gazes_deg`.

    Returns:
        (2,) float32 yaw, pitch in degrees, None where it is not known.
    """
    landmarks_px = face.landmarks_px[None]
    gaze = gazes_deg(landmarks_px, face.iris_px[None], fit_poses(landmarks_px))[0]
    return gaze if np.isfinite(gaze).all() else None


def gazes_deg(landmarks_px: Points, iris_px: Points, poses: HeadPoses) -> Vector:
    """Direction of the eyes relative to the heads, from where the irises lie between the lids' corners.

    The corners' midpoint stands in for the eyeball's centre, so the angles carry a constant offset
    of each person; differences between frames do not.

    Args:
        landmarks_px: (n, 468, 3) float32, frame pixels.
        iris_px: (n, 2, 5, 2) float32, frame pixels.
        poses: of the n heads.

    Returns:
        (n, 2) float32 yaw, pitch in degrees, mean of the open eyes: yaw > 0 looks to the picture's
        right, pitch > 0 looks down, as the head's do. NaN where both eyes are closed, the iris is not
        known, or the head is turned to profile.
    """
    lids = poses.undo(landmarks_px[:, _LIDS.ravel()]).reshape(-1, 2, 2, 3)
    gaps = np.linalg.norm(lids[:, :, 0] - lids[:, :, 1], axis=-1)
    depths = template()[_CORNERS, 2]
    corners = _on_depth(poses, landmarks_px[:, _CORNERS.ravel(), :2], depths.ravel()).reshape(-1, 2, 2, 2)
    widths = np.linalg.norm(corners[:, :, 0] - corners[:, :, 1], axis=-1)
    irises = _on_depth(poses, iris_px[:, :, 0], depths.mean(axis=1) - _IRIS_BEFORE_CORNERS)
    is_seen = (widths > 1e-6) & (gaps > _CLOSED_BELOW * widths) & np.isfinite(irises).all(axis=-1)
    is_seen &= (poses.frame_from_head[:, 2, 2] >= _LEAST_FACING)[:, None]
    off = (irises - corners.mean(axis=2)) / (np.maximum(widths, 1e-6)[..., None] * _BALL_RADIUS_IN_EYE_WIDTHS)
    angles = np.degrees(np.arcsin(np.clip(off, -_LARGEST_SINE, _LARGEST_SINE)))
    total = np.where(is_seen[..., None], angles, 0).sum(axis=1)
    eyes = is_seen.sum(axis=1)[:, None]
    return np.where(eyes > 0, total / np.maximum(eyes, 1), np.nan).astype(np.float32)


def _on_depth(
    poses: HeadPoses, points_px: NDArray[np.floating], depths: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Where (n, k, 2) frame points lie seen from the front, in face units, if they have these (k,) depths.

    The template's depth is used because a network's own depth of an eye is noisier than the eye.
    """
    turn = poses.frame_from_head
    seen = (points_px - poses.centre_px[:, None, :2]) / poses.scale_px[:, None, None]
    seen -= depths[:, None] * turn[:, None, :2, 2]
    # two by two: NumPy's own inverse takes longer than all else here
    a, b, c, d = turn[:, 0, 0], turn[:, 0, 1], turn[:, 1, 0], turn[:, 1, 1]
    inverse = np.stack([d, -c, -b, a], axis=-1).reshape(-1, 2, 2)  # its transpose
    facing = turn[:, 2, 2]  # of a rotation: the determinant a * d - b * c
    determinant = np.where(facing < _LEAST_FACING, 1.0, facing)  # towards profile nothing is told
    return seen @ inverse / determinant[:, None, None]
