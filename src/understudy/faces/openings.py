"""What a face does, apart from how the head is turned: how far mouth, eyes and brows are open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from understudy.core.types import Points
from understudy.faces.mesh import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from understudy.faces.pose import HeadPose, fit_pose

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


def pose_normalised(landmarks_px: Points, pose: HeadPose | None = None) -> Points:
    """Undo the head's pose by a fit on points that expression does not move, and drop the depth.

    Args:
        landmarks_px: (468, 3) float32 face mesh, frame pixels.
        pose: of the head where it is known already; else it is fitted.

    Returns:
        (468, 2) float32 as seen from the front, in inter-ocular distances; x right, y down.

    Raises:
        ValueError: the points coincide.
    """
    frontal = (pose or fit_pose(landmarks_px)).undo(landmarks_px)
    eyes = float(np.linalg.norm(frontal[RIGHT_EYE_OUTER] - frontal[LEFT_EYE_OUTER]))
    if eyes < 1e-6:
        raise ValueError("both eyes are in one place: no scale can be found")
    return frontal[:, :2] / np.float32(eyes)


def expression_of(normalised: Points) -> Expression:
    """Openings of a face.

    Args:
        normalised: (468, 2) float32 from `pose_normalised`.
    """
    apart = normalised[_PAIRS[:, 0]] - normalised[_PAIRS[:, 1]]
    gaps = np.sqrt((apart * apart).sum(axis=1)).tolist()
    mouth, width, eyes = gaps[:3], gaps[3], gaps[4:]
    return Expression(
        mouth_open=sum(mouth) / len(mouth),
        mouth_width=width,
        eye_open=sum(eyes) / len(eyes),
        brow=float(normalised[_LOWER_LIDS, 1].mean() - normalised[_BROW_POINTS, 1].mean()),
    )
