"""What a face does, apart from how the head is turned: openings, and distances between two faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from understudy.core.types import Points
from understudy.faces.mesh import (
    INNER_LIPS,
    LEFT_EYE_OUTER,
    LEFT_EYELIDS,
    NOSE_BASE,
    NOSE_TIP,
    OUTER_LIPS,
    RIGHT_EYE_OUTER,
    RIGHT_EYELIDS,
)
from understudy.faces.pose import fit_pose

LEAST_FRAMES = 8  # for a correlation to say anything
_LEAST_MOTION = 0.006  # inter-ocular distances, standard deviation over time; the landmarks' own jitter

# upper and lower rims of the brows, left then right in the picture
_BROWS = ((70, 63, 105, 66, 107, 46, 53, 52, 65, 55), (300, 293, 334, 296, 336, 276, 283, 282, 295, 285))
_LOWER_LIDS = ((144, 145, 153), (373, 374, 380))  # steadier than the corners, which brows pull along
_INNER_FACE = (
    *(point for brow in _BROWS for point in brow),
    *LEFT_EYELIDS,
    *RIGHT_EYELIDS,
    *(NOSE_TIP, NOSE_BASE, 98, 327, 168, 6, 197, 195),
    *OUTER_LIPS,
    *INNER_LIPS,
)

# pairs of points (upper, lower) or (left, right); the mean of several is steadier than one
_MOUTH_OPEN = ((13, 14), (82, 87), (312, 317))
_MOUTH_WIDTH = ((61, 291),)  # the inner corners add nothing but noise
_EYE_OPEN = ((159, 145), (158, 153), (160, 144), (386, 374), (385, 380), (387, 373))

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
    frontal = fit_pose(landmarks_px).undo(landmarks_px)
    eyes = float(np.linalg.norm(frontal[RIGHT_EYE_OUTER] - frontal[LEFT_EYE_OUTER]))
    if eyes < 1e-6:
        raise ValueError("both eyes are in one place: no scale can be found")
    return frontal[:, :2] / np.float32(eyes)


def expression_of(normalised: Points) -> Expression:
    """Openings of a face.

    Args:
        normalised: (468, 2) float32 from `pose_normalised`.
    """
    brows = [
        float(normalised[list(lid), 1].mean() - normalised[list(brow), 1].mean())
        for brow, lid in zip(_BROWS, _LOWER_LIDS, strict=True)
    ]
    return Expression(
        mouth_open=_gap(normalised, _MOUTH_OPEN),
        mouth_width=_gap(normalised, _MOUTH_WIDTH),
        eye_open=_gap(normalised, _EYE_OPEN),
        brow=float(np.mean(brows)),
    )


def rms_distance(a: Points, b: Points) -> float:
    """RMS distance of the inner-face landmarks of two faces, in inter-ocular distances.

    Args:
        a: (468, 2) float32 from `pose_normalised`.
        b: the same of the other face.
    """
    apart = a[list(_INNER_FACE)] - b[list(_INNER_FACE)]
    return float(np.sqrt(np.square(apart).sum(axis=1).mean()))


class ConstantPart:
    """Splits the distance between two faces over time into what stays and what moves.

    Two people differ by the shape of their faces in every frame alike; what is left when each
    landmark's mean difference is taken away is motion that was not carried over.
    """

    def __init__(self) -> None:
        """Start with no frames."""
        self._count = 0
        self._sum = np.zeros((len(_INNER_FACE), 2))
        self._squares = 0.0

    def add(self, a: Points, b: Points) -> None:
        """Take in one frame: two (468, 2) float32 arrays from `pose_normalised`."""
        apart = (a[list(_INNER_FACE)] - b[list(_INNER_FACE)]).astype(np.float64)
        self._count += 1
        self._sum += apart
        self._squares += float(np.square(apart).sum(axis=1).mean())

    def rms_motion(self) -> float | None:
        """RMS over time of what moves, in inter-ocular distances; None before two frames."""
        if self._count < 2:
            return None
        constant = np.square(self._sum / self._count).sum(axis=1).mean()
        return float(np.sqrt(max(self._squares / self._count - constant, 0.0)))


def pearson(a: Sequence[float | None], b: Sequence[float | None]) -> float | None:
    """Correlation over the frames in which both series are known.

    Args:
        a: one value a frame, None or NaN where not known.
        b: the same length.

    Returns:
        r in [-1, 1], None with fewer than three common frames or where either does not change.

    Raises:
        ValueError: series of different length.
    """
    if len(a) != len(b):
        raise ValueError(f"series differ in length: {len(a)} and {len(b)}")
    both = np.array([a, b], np.float64)
    both = both[:, np.isfinite(both).all(axis=0)]
    if both.shape[1] < 3 or (np.ptp(both, axis=1) < 1e-9).any():
        return None
    a_rest, b_rest = both - both.mean(axis=1, keepdims=True)
    r = float(a_rest @ b_rest) / float(np.linalg.norm(a_rest) * np.linalg.norm(b_rest))
    return float(np.clip(r, -1, 1))


def says_something(followed: ArrayLike) -> bool:
    """Whether a correlation with a series is more than chance: it is long enough, and moves.

    Args:
        followed: (n,) the target's measure in distances between the eyes, in the frames that both know.
    """
    values = np.asarray(followed, np.float64)
    return len(values) >= LEAST_FRAMES and float(np.std(values)) >= _LEAST_MOTION


def _gap(points: Points, pairs: Sequence[tuple[int, int]]) -> float:
    index = np.array(pairs)
    return float(np.linalg.norm(points[index[:, 0]] - points[index[:, 1]], axis=1).mean())
