"""What a face does, apart from how the head is turned: how far mouth, eyes and brows are open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from understudy.core.types import Points, Vector
from understudy.faces.mesh import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from understudy.faces.pose import HeadPoses, fit_poses

# upper and lower rims of the brows, left then right in the picture
BROWS = ((70, 63, 105, 66, 107, 46, 53, 52, 65, 55), (300, 293, 334, 296, 336, 276, 283, 282, 295, 285))
_BROW_POINTS = np.array(BROWS).ravel()
_LOWER_LIDS = np.array((144, 145, 153, 373, 374, 380))  # steadier than the corners, which brows pull along

# pairs of points (upper, lower) or (left, right); the mean of several is steadier than one
_MOUTH_OPEN = ((13, 14), (82, 87), (312, 317))
_MOUTH_WIDTH = ((61, 291),)  # the inner corners add nothing but noise
_EYE_OPEN = ((159, 145), (158, 153), (160, 144), (386, 374), (385, 380), (387, 373))
_PAIRS = np.array(_MOUTH_OPEN + _MOUTH_WIDTH + _EYE_OPEN)

MEASURES = ("mouth_open", "mouth_width", "eye_open", "brow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """Openings of one face, all in inter-ocular distances (outer corner to outer corner).

    Args:
        mouth_open: height of the gap between the inner lips.
        mouth_width: corner to corner.
        eye_open: height of the gap between the lids, mean of both eyes.
        brow: height of the brows above the lower lids, mean of both.
    """

    mouth_open: float
    mouth_width: float
    eye_open: float
    brow: float


def pose_normalised(landmarks_px: Points) -> Points:
    """Undo the head's pose by a fit on points that expression does not move, and drop the depth.

    Args:
        landmarks_px: (468, 3) float32 face mesh, frame pixels.

    Returns:
        (468, 2) float32 as seen from the front, in inter-ocular distances; x right, y down.

    Raises:
        ValueError: the points coincide.
    """
    return all_normalised(landmarks_px[None], fit_poses(landmarks_px[None]))[0]


def all_normalised(landmarks_px: Points, poses: HeadPoses) -> Points:
    """The same of (n, 468, 3) faces with these poses; (n, 468, 2)."""
    frontal = poses.undo(landmarks_px)
    eyes = np.linalg.norm(frontal[:, RIGHT_EYE_OUTER] - frontal[:, LEFT_EYE_OUTER], axis=-1)
    if (eyes < 1e-6).any():
        raise ValueError("both eyes are in one place: no scale can be found")
    return frontal[..., :2] / eyes[:, None, None].astype(np.float32)


def expression_of(normalised: Points) -> Expression:
    """Openings of a face.

    Args:
        normalised: (468, 2) float32 from `pose_normalised`.
    """
    return Expression(**dict(zip(MEASURES, expressions_of(normalised[None])[0].tolist(), strict=True)))


def expressions_of(normalised: Points) -> Vector:
    """Openings of (n, 468, 2) faces from `all_normalised`: (n, 4), in the order of `MEASURES`."""
    gaps = np.linalg.norm(normalised[:, _PAIRS[:, 0]] - normalised[:, _PAIRS[:, 1]], axis=-1)
    mouth, width, eyes = np.split(gaps, np.cumsum([len(_MOUTH_OPEN), len(_MOUTH_WIDTH)]), axis=1)
    lids, brows = normalised[:, _LOWER_LIDS, 1], normalised[:, _BROW_POINTS, 1]
    brow = lids.mean(axis=1) - brows.mean(axis=1)
    return np.stack([mouth.mean(axis=1), width.mean(axis=1), eyes.mean(axis=1), brow], axis=1)
