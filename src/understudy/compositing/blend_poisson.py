"""Blend in the gradient domain: the drawn face's own changes of light, joined to the target's border."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from understudy.compositing.blend_parts import FloatImage, applied, check_arguments, check_share, tripled
from understudy.compositing.membrane import membrane
from understudy.core.types import Mask

_LONGEST_CELLS = 64  # the correction is smooth: so many cells along the window's longer side show it all
_CELLS_STEP = 8  # sides that can be halved three times
_HOLD = 4.0  # how firmly the border is followed: differences narrower than about one cell are averaged
_SPREADS = 2.5  # deviations from the border's median difference from which a place counts half or less
_LEAST_SPREAD = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Poisson:
    """Add the smooth field that takes away the difference along the mask's border, then mix linearly.

    That is Poisson blending: its solution is the face plus the membrane spanned by the difference
    between target and face along the border. The difference is taken over the whole width of the
    mask's falloff and averaged by cells, so that single pixels do not make the face flicker; places
    that differ in another way than the rest (hair, a hand, the background) have little say.

    Args:
        strength: 0 leaves the window as it is, 1 blends fully.
        correction: share of the field that is added; 0 is the plain linear mix.
        most_shift: the largest difference that is corrected, in units of the full range.

    Reference:
        Perez, Gangnet and Blake, Poisson Image Editing, SIGGRAPH 2003, eq. 4 and 5; as a membrane,
        Farbman et al., Coordinates for Instant Image Cloning, SIGGRAPH 2009, eq. 4.
    """

    strength: float = 1.0
    correction: float = 1.0
    most_shift: float = 0.3

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_share("strength", self.strength)
        check_share("correction", self.correction)
        check_share("most_shift", self.most_shift)

    def __call__(self, before: FloatImage, face: FloatImage, weight: Mask) -> FloatImage:
        """Blend; arguments and result as of `blend_parts.Blend`."""
        check_arguments(before, face, weight)
        change = np.asarray(cv2.subtract(face, before), np.float32)
        field = border_field(change, weight, self.most_shift)
        if field is not None:
            change = np.asarray(cv2.addWeighted(change, 1, field, -self.correction, 0), np.float32)
        return applied(before, change, weight * np.float32(self.strength))


def border_field(change: FloatImage, weight: Mask, most_shift: float) -> FloatImage | None:
    """The smooth field that equals `face - before` along the mask's border.

    Args:
        change: (h, w, 3) float32, the drawn face minus the target.
        weight: (h, w) float32 in [0, 1]; its falloff is the border, or its outermost pixels without one.
        most_shift: limit of the field.

    Returns:
        (h, w, 3) float32; None where the mask has no border inside the window.
    """
    ring = _ring(weight)
    size = _grid(weight.shape)
    share = np.asarray(cv2.resize(ring, size, interpolation=cv2.INTER_AREA), np.float32)
    if share.max() <= 0:
        return None
    # pixels that are not shown may hold anything, even no numbers
    shown = np.zeros_like(change)
    cv2.copyTo(change, (ring > 0).view(np.uint8), shown)
    total = cv2.resize(cv2.multiply(shown, tripled(ring)), size, interpolation=cv2.INTER_AREA)
    values = np.asarray(total / np.maximum(share, np.float32(1e-6))[..., None], np.float32)
    hold = share * _agreement(values, share) * np.float32(_HOLD)
    field = np.clip(membrane(values, hold), -most_shift, most_shift)
    height, width = weight.shape
    if height > 2 * size[1] or width > 2 * size[0]:  # no creases where cells are many pixels wide
        field = cv2.resize(field, (2 * size[0], 2 * size[1]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _ring(weight: Mask) -> Mask:
    """(h, w) in [0, 1]: where the border's difference is taken."""
    ring = 4 * weight * (1 - weight)
    # a mask without a falloff; beyond the window's edge it counts as going on
    outer = (weight > 0) & (cv2.erode(weight, np.ones((3, 3), np.uint8)) <= 0)
    ring[outer] = np.maximum(ring[outer], np.float32(0.25))
    return ring


def _grid(shape: tuple[int, ...]) -> tuple[int, int]:
    """(width, height) of the grid that the field is solved on."""
    scale = min(1.0, _LONGEST_CELLS / max(shape))
    height, width = (max(1, round(side * scale / _CELLS_STEP)) * _CELLS_STEP for side in shape)
    return width, height


def _agreement(values: FloatImage, share: Mask) -> Mask:
    """(h, w) in (0, 1]: low where the difference is unlike that along the rest of the border."""
    there = values[share > 0.05 * share.max()]
    distance = np.abs(there - np.median(there, axis=0))
    spread = np.maximum(1.4826 * np.median(distance, axis=0), _LEAST_SPREAD) * _SPREADS
    far = (np.abs(values - np.median(there, axis=0)) / spread).max(axis=2)
    return (1 / (1 + np.square(np.square(far)))).astype(np.float32)
