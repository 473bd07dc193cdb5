"""The expression of a face as numbers that are the same for everybody."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Points, Vector
from understudy.faces.mesh import (
    INNER_LIPS,
    LEFT_EYE_INNER,
    LEFT_EYE_OUTER,
    LEFT_EYELIDS,
    OUTER_LIPS,
    RIGHT_EYE_INNER,
    RIGHT_EYE_OUTER,
    RIGHT_EYELIDS,
    template,
)
from understudy.faces.pose import fit_pose

_BROWS = (
    70, 63, 105, 66, 107, 55, 65, 52, 53, 46, 300, 293, 334, 296, 336, 285, 295, 282, 283, 276,
)  # fmt: skip
_MOVING = np.array(OUTER_LIPS + INNER_LIPS + LEFT_EYELIDS + RIGHT_EYELIDS + _BROWS)

# what one unit of each number is: about its usual deviation, so that a loss treats them alike
_POINT_UNIT = 0.02  # face squares
_GAZE_UNIT = 0.01  # face squares
_ANGLE_UNIT_DEG = 15.0

_LIP_NUMBERS = 2 * (len(OUTER_LIPS) + len(INNER_LIPS))
_UPPER_LIP_Y = 2 * (len(OUTER_LIPS) + INNER_LIPS.index(13)) + 1
_LOWER_LIP_Y = 2 * (len(OUTER_LIPS) + INNER_LIPS.index(14)) + 1
_SHUT_SHARE = 0.25

EXPRESSION_SIZE = 2 * len(_MOVING) + 4 + 2
PLACEMENT_SIZE = 4  # turn, growth and shift of a face in its crop


def expression_vector(landmarks_px: Points, iris_px: Points) -> Vector:
    """Where lips, lids, brows and irises are with the pose undone, and the pose.

    Args:
        landmarks_px: (468, 3) float32.
        iris_px: (2, 5, 2) float32.

    Returns:
        (`EXPRESSION_SIZE`,) float32: x, y of 92 points; x, y of both irises against their eye's
        corners; yaw, pitch; each divided by about its usual deviation.
    """
    pose = fit_pose(landmarks_px)
    normal = pose.undo(landmarks_px)
    gaze: list[NDArray[np.float32]] = []
    corners = ((LEFT_EYE_OUTER, LEFT_EYE_INNER), (RIGHT_EYE_OUTER, RIGHT_EYE_INNER))
    for side, (outer, inner) in enumerate(corners):
        depth = float(landmarks_px[outer, 2] + landmarks_px[inner, 2]) / 2
        iris = pose.undo(np.array([[*iris_px[side, 0], depth]], np.float32))[0, :2]
        gaze.append(iris - normal[[outer, inner], :2].mean(axis=0))
    return np.concatenate(
        [
            normal[_MOVING, :2].ravel() / _POINT_UNIT,
            np.concatenate(gaze) / _GAZE_UNIT,
            pose.angles_deg[:2] / _ANGLE_UNIT_DEG,
        ]
    ).astype(np.float32)


def mirrored(landmarks_px: Points, iris_px: Points) -> tuple[Points, Points]:
    """Landmarks and irises of the same face in a mirror, about x = 0."""
    flip = np.array([-1, 1, 1], np.float32)
    return landmarks_px[_mirror_partners()] * flip, iris_px[::-1] * flip[:2]


@cache
def _mirror_partners() -> NDArray[np.intp]:
    """(468,) which point of the other side stands where each point's mirror image is."""
    points = template()
    flipped = points * np.array([-1, 1, 1], np.float32)
    return ((points[:, None] - flipped[None]) ** 2).sum(axis=-1).argmin(axis=1)


def against_rest(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Subtract an identity's own resting face, so that the numbers mean the same for everybody.

    The lips rest where the mouth is most nearly shut, in the quarter of faces with the least gap: the
    median of somebody who talks all the time is a mouth half open. All else rests at its median.

    Args:
        vectors: (n, `EXPRESSION_SIZE`) float32 of one identity, n >= 1.

    Returns:
        The same shape, less the resting face; the pose is left as it is.
    """
    rest = np.median(vectors, axis=0)
    gap = vectors[:, _LOWER_LIP_Y] - vectors[:, _UPPER_LIP_Y]
    shut = vectors[gap <= np.quantile(gap, _SHUT_SHARE)]
    rest[:_LIP_NUMBERS] = np.median(shut[:, :_LIP_NUMBERS], axis=0)
    rest[-2:] = 0
    return (vectors - rest).astype(np.float32)
