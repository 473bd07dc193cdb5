"""A small, fixed-size sample of a face's colours: what all colour matching is fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.compositing.colour.spaces import FloatImage, as_float, lab_from_rgb
from understudy.core.order import median
from understudy.core.types import Image, Mask

SIDE = 16  # cells a side: 256 colours a frame
_FINE = 2  # pixels a cell's side, at least, before which a face is not made smaller in a quick way
_LEAST_PX = 12.0  # sum of mask values below which a sample means nothing
_LEAST_SHARE = 0.003  # and the same as a share of the picture
_LEAST_CELL = 0.05  # mean mask of a cell that counts
_OUTLIER_DEVIATIONS = 4.0
_OUTLIER_FLOOR = np.array([4.0, 2.0, 2.0], np.float32)  # Lab units, so that flat skin is not cut to nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourSample:
    """Colours of a face, cell by cell of a grid laid over its mask.

    Cells lie at the same places in two pictures that are sampled with one mask, so colour i of the
    drawn face and colour i of the target are of the same part of the face.

    Args:
        colours: (n, 3) float32, mean RGB in [0, 1] of each cell inside the mask.
        weights: (n,) float32 >= 0, how much each counts: its share of mask, 0 for what does not
            belong to the face's skin (a hand, a highlight).
        rim: (n,) float32 in [0, 1], how much of each lies on the mask's border.
    """

    colours: NDArray[np.float32]
    weights: NDArray[np.float32]
    rim: NDArray[np.float32]


def colour_sample(image: Image | FloatImage, mask: Mask, side: int = SIDE) -> ColourSample | None:
    """Take the colours inside a mask, without grain and without what does not belong there.

    The rectangle around the mask is cut into `side` x `side` cells and averaged, weighted by the mask,
    in which grain and compression noise go. Cells far from the median colour in units of the median
    deviation (a hand, a microphone, a highlight) get the weight 0; shading and moderate shadow stay.

    Args:
        image: (h, w, 3) RGB, uint8 or float32 in [0, 1].
        mask: (h, w) float32 in [0, 1], the weight of each pixel.
        side: cells a side.

    Returns:
        `side` * `side` colours, or None where the mask covers too little to tell.

    Raises:
        ValueError: image and mask of different size.
    """
    if image.shape[:2] != mask.shape:
        raise ValueError(f"image {image.shape} and mask {mask.shape} differ in size")
    x, y, width, height = cv2.boundingRect((mask > _LEAST_CELL).view(np.uint8))
    if width == 0:
        return None
    part, inside = image[y : y + height, x : x + width], mask[y : y + height, x : x + width]
    if float(inside.sum()) < max(_LEAST_PX, _LEAST_SHARE * mask.size):
        return None
    # a larger face is first brought near the cells' size by a whole factor, which is quick
    factor = max(1, min(width, height) // (_FINE * side))
    fine = (width // factor, height // factor)
    kept = np.s_[: fine[1] * factor, : fine[0] * factor]
    part, inside = as_float(_shrink(part[kept], fine)), _shrink(inside[kept], fine)
    cover = _shrink(inside, (side, side)).reshape(-1)
    total = _shrink(part * inside[..., None], (side, side)).reshape(-1, 3)
    colours = np.clip(total / np.maximum(cover, 1e-6)[:, None], 0, 1).astype(np.float32)
    weights = np.where(cover > _LEAST_CELL, cover, np.float32(0))
    lab = lab_from_rgb(colours)
    chosen = weights > 0
    if not chosen.any():
        return None
    distance = np.abs(lab - median(lab[chosen]))
    # 1.4826: the median deviation of a normal distribution in units of its standard deviation
    spread = np.maximum(np.float32(1.4826) * median(distance[chosen]), _OUTLIER_FLOOR)
    weights = weights * (distance < _OUTLIER_DEVIATIONS * spread).all(axis=1)
    if not weights.any():
        return None
    return ColourSample(
        colours=colours,
        weights=weights.astype(np.float32),
        rim=(4 * cover * (1 - cover)).astype(np.float32),
    )


def seen_in_both(drawn: ColourSample, target: ColourSample) -> tuple[ColourSample, ColourSample]:
    """Two samples of one mask with the weights of what belongs to the face in both.

    Where a hand covers the shaded half of the target's face, the drawn face's shaded half must not
    count either: the lit half would be matched to both.

    Args:
        drawn: sample of the drawn face.
        target: sample of the target's face.

    Returns:
        Both with common weights; as they were where they differ in size or nothing would be left.
    """
    if drawn.weights.shape != target.weights.shape:
        return drawn, target
    common = np.minimum(drawn.weights, target.weights)
    least = 0.25 * min(float(drawn.weights.sum()), float(target.weights.sum()))
    if float(common.sum()) <= least:
        return drawn, target
    return (
        ColourSample(colours=drawn.colours, weights=common, rim=drawn.rim),
        ColourSample(colours=target.colours, weights=common, rim=target.rim),
    )


def _shrink(picture: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """Area average to (width, height); the type stays."""
    if picture.shape[1::-1] == size:
        return np.ascontiguousarray(picture)
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA))
