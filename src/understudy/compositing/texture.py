"""The target's sharpness, motion blur and grain, measured on its face and given to the drawn one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from understudy.compositing.blend_parts import FloatImage
from understudy.compositing.grain import Detail, Grain, drawn_grain, grain_of, measured_detail
from understudy.compositing.sharpness import (
    BLURS_PX2,
    Products,
    blurred,
    measured_products,
    missing_blur,
)
from understudy.core.types import Mask

_SURE = 1.15  # by so much more power must the target have more grain, as either is known to a few per cent
_LONGEST_PX = 224  # a larger window is measured on its middle
_DETAIL_RAD_PX = np.array([[2.3], [1.5]])  # where fine and coarse detail lie in the spectrum


@dataclass(frozen=True, slots=True, kw_only=True)
class TextureConfig:
    """What of the target's texture the drawn face takes on, and how far.

    Args:
        blur: share of the missing blur that is given; 0 gives none.
        grain: share of the missing grain that is given; 0 gives none.
        most_blur_px: the widest blur, as the deviation of a Gaussian, in pixels of the frame.
        most_grain: the strongest grain, as a deviation in units of the full range.
        least_grain: weaker grain (what a codec leaves, rounding, pores) is not imitated.
    """

    blur: float = 1.0
    grain: float = 1.0
    most_blur_px: float = 4.0
    most_grain: float = 0.06
    least_grain: float = 1.2 / 255

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0 <= self.blur <= 1 or not 0 <= self.grain <= 1:
            raise ValueError(f"blur and grain must lie in [0, 1], got {self}")
        if self.most_blur_px < 0 or not 0 <= self.least_grain <= self.most_grain:
            raise ValueError(f"need most_blur_px >= 0 and 0 <= least_grain <= most_grain, got {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Texture:
    """What was measured on one face; means over a track's frames are as good, and steadier.

    Args:
        products: (n, 5, 5) float64, mean products of the luma's derivatives, see `sharpness`.
        detail: (2, 3) float64, power of fine detail on smooth skin, see `grain`.
    """

    products: Products
    detail: Detail

    def towards(self, other: Texture, share: float) -> Texture:
        """The mean of two of the same kind, with `share` in [0, 1] of the other one."""
        return Texture(
            products=self.products + share * (other.products - self.products),
            detail=self.detail + share * (other.detail - self.detail),
        )


def measure_texture(window: FloatImage, weight: Mask, *, is_drawn: bool) -> Texture | None:
    """Measure a face's sharpness and grain where it is shown.

    The target and the drawn face are measured on the same pixels of the frame, so that what differs
    is their texture and not where it was looked at.

    Args:
        window: (h, w, 3) float32 RGB in [0, 1], the target's window or the drawn face on it.
        weight: (h, w) float32 in [0, 1], how much of the face is shown.
        is_drawn: the drawn face is also looked at under some blurs, which takes longer.

    Returns:
        The measures; None where too little of a face is there.

    Raises:
        ValueError: window and weight of different size.
    """
    if window.shape[:2] != weight.shape:
        raise ValueError(f"window {window.shape} and weight {weight.shape} differ in size")
    window, weight = _middle(window, weight)
    detail = measured_detail(window, weight)
    if detail is None:
        return None
    luma = np.asarray(cv2.cvtColor(window, cv2.COLOR_RGB2GRAY), np.float32)
    blurs = BLURS_PX2 if is_drawn else BLURS_PX2[:1]
    return Texture(products=measured_products(luma, weight, blurs), detail=detail)


def give_texture(
    face: FloatImage,
    drawn: Texture | None,
    target: Texture | None,
    frame: int,
    config: TextureConfig | None = None,
) -> FloatImage:
    """Make a drawn face as soft and as grainy as the target; never sharper, never cleaner.

    Args:
        face: (h, w, 3) float32 RGB in [0, 1], the drawn face on the window's pixels.
        drawn: measured on it.
        target: measured on the frame's window; where either is None nothing is changed.
        frame: the frame's number, which alone decides where each grain lies.
        config: limits; the defaults where None.

    Returns:
        (h, w, 3) float32 RGB in [0, 1]; `face` itself where nothing is missing.
    """
    config = config or TextureConfig()
    if drawn is None or target is None:
        return face
    blur = None
    if config.blur > 0:
        grains = grain_of(target.detail), grain_of(drawn.detail)
        blur = missing_blur(target.products, grains[0], drawn.products, grains[1], config.most_blur_px)
    kept = drawn.detail
    if blur is not None:
        blur = blur * config.blur
        face = blurred(face, blur)
        kept = kept * np.exp(-np.trace(blur) / 2 * np.square(_DETAIL_RAD_PX))
    grain = _limited(grain_of(np.maximum(target.detail - _SURE * kept, 0)), config)
    if grain is None:
        return face
    change = drawn_grain(grain, face.shape[0], face.shape[1], frame)
    return np.clip(np.asarray(cv2.add(face, change), np.float32), 0, 1)


def _limited(grain: Grain, config: TextureConfig) -> Grain | None:
    """What is given of a missing grain; None where that is nothing."""
    strength = [min(value, config.most_grain) * config.grain for value in grain.strength]
    if strength[0] < config.least_grain:
        return None
    # a codec keeps colour at half the size: what little it leaves there is not the camera's
    colour = [value if value >= config.least_grain else 0.0 for value in strength[1:]]
    return replace(grain, strength=(strength[0], *colour))


def _middle(window: FloatImage, weight: Mask) -> tuple[FloatImage, Mask]:
    """The middle of a window where it is large: enough to measure what is the same everywhere."""
    height, width = weight.shape
    y, x = max(0, (height - _LONGEST_PX) // 2), max(0, (width - _LONGEST_PX) // 2)
    part = slice(y, min(height, y + _LONGEST_PX)), slice(x, min(width, x + _LONGEST_PX))
    return window[part], weight[part]
