"""Where the eyes look, relative to the head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Vector
from understudy.faces.face import Face
from understudy.faces.mesh import template
from understudy.faces.pose import HeadPose, fit_pose

# corners (outer, inner) and a pair of points on the lids (upper, lower), left then right in the picture
_CORNERS = ((33, 133), (263, 362))
_LIDS = ((159, 145), (386, 374))

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
    frontal = pose.undo(face.landmarks_px)
    seen: list[tuple[float, float]] = []
    for eye, (corners, lids) in enumerate(zip(_CORNERS, _LIDS, strict=True)):
        gap = float(np.linalg.norm(frontal[lids[0]] - frontal[lids[1]]))
        centre = face.iris_px[eye, 0]
        outer, inner = (_on_depth(pose, face.landmarks_px[i, :2], float(model[i, 2])) for i in corners)
        width = float(np.linalg.norm(outer - inner))
        if width < 1e-6 or gap / width < _CLOSED_BELOW or not np.isfinite(centre).all():
            continue
        iris = _on_depth(pose, centre, float(model[list(corners), 2].mean()) - _IRIS_BEFORE_CORNERS)
        off = (iris - (outer + inner) / 2) / (width * _BALL_RADIUS_IN_EYE_WIDTHS)
        x, y = np.clip(off, -_LARGEST_SINE, _LARGEST_SINE)
        seen.append((float(np.degrees(np.arcsin(x))), float(np.degrees(np.arcsin(y)))))
    return np.mean(seen, axis=0).astype(np.float32) if seen else None


def _on_depth(pose: HeadPose, point_px: NDArray[np.floating], depth: float) -> NDArray[np.float64]:
    """Where a frame point lies seen from the front, (2,) in face units, if it has this depth there.

    The template's depth is used because a network's own depth of an eye is noisier than the eye.
    """
    turn = pose.frame_from_head
    seen = (point_px - pose.centre_px[:2]) / pose.scale_px - depth * turn[:2, 2]
    return np.linalg.solve(turn[:2, :2], seen).astype(np.float64)
