"""How far two faces differ in what they do, apart from how the head is turned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from understudy.core.types import Points
from understudy.faces.mesh import (
    INNER_LIPS,
    LEFT_EYELIDS,
    NOSE_BASE,
    NOSE_TIP,
    OUTER_LIPS,
    RIGHT_EYELIDS,
)
from understudy.faces.openings import BROWS

LEAST_FRAMES = 8  # for a correlation to say anything
_LEAST_MOTION = 0.006  # inter-ocular distances, standard deviation over time; the landmarks' own jitter

_INNER_FACE = np.array(
    (
        *(point for brow in BROWS for point in brow),
        *LEFT_EYELIDS,
        *RIGHT_EYELIDS,
        *(NOSE_TIP, NOSE_BASE, 98, 327, 168, 6, 197, 195),
        *OUTER_LIPS,
        *INNER_LIPS,
    )
)


def rms_distance(a: Points, b: Points) -> float:
    """RMS distance of the inner-face landmarks of two faces, in inter-ocular distances.

    Args:
        a: (468, 2) float32 from `faces.openings.pose_normalised`.
        b: the same of the other face.
    """
    return float(np.sqrt(np.square(inner_difference(a, b)).sum(axis=1).mean()))


def inner_difference(a: Points, b: Points) -> Points:
    """(n, 2) float32: how far each inner-face landmark of `a` lies from that of `b`; as `rms_distance`."""
    return a[_INNER_FACE] - b[_INNER_FACE]


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
        """Take in one frame: two (468, 2) float32 arrays from `faces.openings.pose_normalised`."""
        apart = inner_difference(a, b).astype(np.float64)
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
