"""Values of a picture where the samples of chroma lie that several pixels share."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Site = tuple[float, float]  # columns and rows from the first pixel of those that share a sample; 0, 0.5 or 1


def middle_of(grid_px: tuple[int, int]) -> Site:
    """The middle of the pixels that share a sample, for which 0 stands where each has its own."""
    return (grid_px[0] - 1) / 2, (grid_px[1] - 1) / 2


def of_samples(
    to_from_picture: NDArray[np.floating], grid_px: tuple[int, int], site: Site
) -> NDArray[np.float64]:
    """A (2, 3) matrix from pixels as one from the samples of chroma, numbered along and down."""
    (a, b, x), (c, d, y) = to_from_picture.tolist()
    (across, down), (right, below) = grid_px, site
    first, second = a * right + b * below + x, c * right + d * below + y
    return np.array([[a * across, b * down, first], [c * across, d * down, second]], np.float64)


def at_sites(picture: Floats, grid_px: tuple[int, int], site: Site) -> Floats:
    """Means of a picture around the samples of chroma: of two pixels, or of three where it lies on one.

    Args:
        picture: (h, w) or (h, w, n) float32, its sides multiples of the grid; repeated beyond its border.
        grid_px: columns and rows that share a sample.
        site: where it lies.

    Returns:
        (h / rows, w / columns) or (h / rows, w / columns, n).
    """
    # a mean of two neighbours, twice, is 1 2 1 around the pixel between
    for length, place, kernel in zip(grid_px, site, ((2, 1), (1, 2)), strict=True):
        if length > 1 and place != (length - 1) / 2:
            back = int(place < (length - 1) / 2)
            anchor = (back * (kernel[0] - 1), back * (kernel[1] - 1))
            blurred = cv2.blur(picture, kernel, anchor=anchor, borderType=cv2.BORDER_REPLICATE)
            picture = cast(Floats, blurred)
    size = (picture.shape[1] // grid_px[0], picture.shape[0] // grid_px[1])
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
