"""Where exactly a watermark lies: near the face square that is found, never quite where it was."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image
from understudy.provenance.watermark_pattern import CANVAS_PX, Floats

VIEW_PX = 256
VIEW_COVERAGE = 4 / 3  # in sides of the face square
_VIEW_SIDE_PX = VIEW_PX / VIEW_COVERAGE
# how far squares found again are off, from converted footage under all attacks: 0.6 px, 3 %, 0.5 degrees
_REACH, _STEPS = (1.5, 1.5, 0.045, 1.5), (5, 5, 7, 5)
_NEAR = (0.35, 0.35, 0.0075, 0.35)  # a step by which the place changes as the head turns
NEAR = 3**4

Axis = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the mark's canvas lies in a view.

    Args:
        x_px: to the right, canvas pixels.
        y_px: downwards.
        growth: share by which it is larger.
        turn_deg: clockwise.
    """

    x_px: float = 0.0
    y_px: float = 0.0
    growth: float = 0.0
    turn_deg: float = 0.0

    def canvas(self, view: Floats) -> Floats:
        """The (CANVAS_PX, CANVAS_PX) canvas out of a view's luma."""
        unit = _VIEW_SIDE_PX / CANVAS_PX
        cos = unit * (1 + self.growth) * math.cos(math.radians(self.turn_deg))
        sin = unit * (1 + self.growth) * math.sin(math.radians(self.turn_deg))
        middle, far = (CANVAS_PX - 1) / 2, (VIEW_PX - 1) / 2
        view_from_canvas = np.array(
            [
                [cos, -sin, far + unit * self.x_px - (cos - sin) * middle],
                [sin, cos, far + unit * self.y_px - (sin + cos) * middle],
            ]
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        warped = cv2.warpAffine(view, view_from_canvas, (CANVAS_PX, CANVAS_PX), flags=flags)
        return np.asarray(warped, np.float32)

    def near(self) -> list[Place]:
        """Itself and the `NEAR` - 1 places a step away in some ways."""
        moves = product((0, -1, 1), repeat=4)
        return [
            Place(*(a + b * c for a, b, c in zip(astuple(self), move, _NEAR, strict=True))) for move in moves
        ]


class StepSearch:
    """Finds the place with the best score: on a coarse grid, then on one twice as fine around the best."""

    # places that a search may end at: with each, chance has another go, looked at or not
    PLACES = math.prod(2 * count - 1 for count in _STEPS)

    def __init__(self, score: Callable[[Place], float]) -> None:
        """Take what tells how good a place is."""
        self._score = score

    def best(self) -> Place:
        """The place."""
        fine = [np.linspace(-far, far, 2 * count - 1) for far, count in zip(_REACH, _STEPS, strict=True)]
        score, at = max(
            (self._of(fine, at), at) for at in product(*(range(0, len(axis), 2) for axis in fine))
        )
        while True:
            better, there = max((self._of(fine, each), each) for each in _around(at, fine))
            if better <= score:
                return _place(fine, at)
            score, at = better, there

    def _of(self, fine: Sequence[Axis], at: Sequence[int]) -> float:
        return self._score(_place(fine, at))


def lumas_of(crops: Sequence[Image]) -> list[Floats]:
    """The luma of views, (VIEW_PX, VIEW_PX) float32 each.

    Raises:
        ValueError: one is of another size.
    """
    for crop in crops:
        if crop.shape != (VIEW_PX, VIEW_PX, 3):
            raise ValueError(f"need views of {VIEW_PX} x {VIEW_PX} RGB pixels, got {crop.shape}")
    return [cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32) for crop in crops]


def _place(fine: Sequence[Axis], at: Sequence[int]) -> Place:
    return Place(*(float(axis[index]) for axis, index in zip(fine, at, strict=True)))


def _around(at: Sequence[int], fine: Sequence[Axis]) -> list[tuple[int, ...]]:
    near: list[tuple[int, ...]] = []
    for axis, values in enumerate(fine):
        for move in (-1, 1):
            if 0 <= at[axis] + move < len(values):
                near.append(tuple(index + move * (k == axis) for k, index in enumerate(at)))
    return near
