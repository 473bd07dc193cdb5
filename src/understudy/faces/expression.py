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
from understudy.faces.pose import fit_poses

_BROWS = (
    70, 63, 105, 66, 107, 55, 65, 52, 53, 46, 300, 293, 334, 296, 336, 285, 295, 282, 283, 276,
)  # fmt: skip
_EYE_CORNERS = np.array([[LEFT_EYE_OUTER, LEFT_EYE_INNER], [RIGHT_EYE_OUTER, RIGHT_EYE_INNER]])
_MOVING = np.array(OUTER_LIPS + INNER_LIPS + LEFT_EYELIDS + RIGHT_EYELIDS + _BROWS)

# what one unit of each number is: about its usual deviation, so that a loss treats them alike
_POINT_UNIT = 0.02  # face squares
_GAZE_UNIT = 0.01  # face squares
_ANGLE_UNIT_DEG = 15.0

_LIP_NUMBERS = 2 * (len(OUTER_LIPS) + len(INNER_LIPS))
_UPPER_LIP_Y = 2 * (len(OUTER_LIPS) + INNER_LIPS.index(13)) + 1
_LOWER_LIP_Y = 2 * (len(OUTER_LIPS) + INNER_LIPS.index(14)) + 1
_SHUT_RANK, _SHUT_WITHIN = 0.1, 0.5  # a mouth is shut up to so much above its least gaps' quantile
_REST_SHARE = 0.2  # of the shut faces that lie nearest together
_MOST_COMPARED = 600

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
    return expression_vectors(landmarks_px[None], iris_px[None])[0]


def expression_vectors(landmarks_px: Points, iris_px: Points) -> NDArray[np.float32]:
    """Those of many faces at once.

    Args:
        landmarks_px: (n, 468, 3) float32.
        iris_px: (n, 2, 5, 2) float32.

    Returns:
        (n, `EXPRESSION_SIZE`) float32.
    """
    poses = fit_poses(landmarks_px)
    corners = landmarks_px[:, _EYE_CORNERS]  # (n, 2 eyes, 2 corners, 3)
    depth = corners[..., 2].mean(axis=2, keepdims=True)
    irises = np.concatenate([iris_px[:, :, 0], depth], axis=2)
    middles = poses.undo(corners.reshape(-1, 4, 3)).reshape(-1, 2, 2, 3)[..., :2].mean(axis=2)
    gaze = poses.undo(irises)[..., :2] - middles
    moving = poses.undo(landmarks_px[:, _MOVING])[..., :2]
    count = len(landmarks_px)
    return np.concatenate(
        [
            moving.reshape(count, -1) / _POINT_UNIT,
            gaze.reshape(count, -1) / _GAZE_UNIT,
            poses.angles_deg[:, :2] / _ANGLE_UNIT_DEG,
        ],
        axis=1,
    ).astype(np.float32)


def mirrored(landmarks_px: Points, iris_px: Points) -> tuple[Points, Points]:
    """Landmarks and irises of the same face, or of each of many, in a mirror, about x = 0."""
    flip = np.array([-1, 1, 1], np.float32)
    return landmarks_px[..., mirror_partners(), :] * flip, iris_px[..., ::-1, :, :] * flip[:2]


@cache
def mirror_partners() -> NDArray[np.intp]:
    """(468,) which point of the other side stands where each point's mirror image is."""
    points = template()
    flipped = points * np.array([-1, 1, 1], np.float32)
    return ((points[:, None] - flipped[None]) ** 2).sum(axis=-1).argmin(axis=1)


def against_rest(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Subtract an identity's own resting face, so that the numbers mean the same for everybody.

    The lips rest where the mouth is shut and where they are most often: a grimace comes in many forms
    and a resting mouth in one, so of the shut faces those that lie nearest together show it. (The
    median of somebody who talks all the time is a mouth half open, of somebody who smiles a smile, and
    the other person would then draw "not smiling" as something stronger.) All else rests at its median.

    Args:
        vectors: (n, `EXPRESSION_SIZE`) float32 of one identity, n >= 1.

    Returns:
        The same shape, less the resting face; the pose is left as it is.
    """
    rest = np.median(vectors, axis=0)
    rest[:_LIP_NUMBERS] = _resting_lips(vectors)
    rest[-2:] = 0
    return (vectors - rest).astype(np.float32)


def _resting_lips(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(`_LIP_NUMBERS`,) the lips' densest place among faces with the mouth shut."""
    gap = vectors[:, _LOWER_LIP_Y] - vectors[:, _UPPER_LIP_Y]
    shut = vectors[gap <= np.quantile(gap, _SHUT_RANK) + _SHUT_WITHIN, :_LIP_NUMBERS]
    if len(shut) > _MOST_COMPARED:
        shut = shut[np.linspace(0, len(shut) - 1, _MOST_COMPARED).round().astype(int)]
    squares = (shut * shut).sum(axis=1)
    distance = squares[:, None] + squares - 2 * shut @ shut.T
    near = max(1, round(_REST_SHARE * len(shut)))
    ranked = np.argsort(distance, axis=1, kind="stable")[:, :near]
    spread = np.take_along_axis(distance, ranked[:, -1:], axis=1)[:, 0]
    return np.mean(shut[ranked[spread.argmin()]], axis=0)
