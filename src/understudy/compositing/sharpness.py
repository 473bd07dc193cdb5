"""How much more one face is blurred than another, in each direction: focus, motion, compression."""

from __future__ import annotations

from functools import cache
from math import ceil, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.compositing.grain import WIDTHS_PX, Grain, drawn_grain
from understudy.core.types import Mask

BLURS_PX2 = (0.0, 1.5, 5.0, 16.0)  # squared deviations of the blurs that a face is tried with

Products = NDArray[np.float64]  # (blurs, 5, 5): mean products of Ix, Iy, Ixx, Iyy, Ixy
Covariance = NDArray[np.float64]  # (2, 2), px^2, over (x, y): of a blur

_FIRST_PX2 = 1.0  # blur before all measuring: grain is mostly finer than that, edges are not
_APERTURE_PX = 5
_SCALES = {1: 1 / 128, 2: 1 / 64}  # Sobel's sums over 5 x 5 pixels to derivatives a pixel
_MOST_NOISE = 0.8  # of a derivative's power that grain is believed to explain
_SMALLEST_PX = 0.5  # a narrower blur cannot be seen, nor told from another face
_ROUND = 0.15  # relative difference of deviations below which a blur counts as round
_DIRECTIONS = np.array([(1, 0), (0, 1), (sqrt(0.5), sqrt(0.5)), (sqrt(0.5), -sqrt(0.5))])


def measured_products(luma: Mask, weight: Mask, blurs_px2: tuple[float, ...] = BLURS_PX2) -> Products:
    """Mean products of a face's first and second derivatives, as it is and under known blurs.

    Args:
        luma: (h, w) float32 in [0, 1].
        weight: (h, w) float32; measured where it is above one half.
        blurs_px2: the known blurs; of a target only the first is looked at.

    Returns:
        (len(blurs_px2), 5, 5) float64, to be averaged over time and compared by `missing_blur`.
    """
    reach = np.ones((7, 7), np.uint8)
    inside = cv2.erode((weight > 0.5).view(np.uint8), reach, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    inside = np.asarray(inside)[::2, ::2] > 0  # every fourth pixel says as much
    found: list[NDArray[np.float64]] = []
    done = -_FIRST_PX2
    for blur in blurs_px2:
        luma = np.asarray(cv2.GaussianBlur(luma, (0, 0), sqrt(blur - done)), np.float32)
        done = blur
        parts = np.stack([picture[::2, ::2][inside] for picture in _derivatives(luma)])
        found.append((parts @ parts.T).astype(np.float64) / max(parts.shape[1], 1))
    return np.stack(found)


def missing_blur(
    target: Products, target_grain: Grain, drawn: Products, drawn_grain: Grain, most_px: float
) -> Covariance | None:
    """The blur that makes a drawn face as soft as the target.

    Blur takes more from the second derivative along a direction than from the first. How much is
    read off the drawn face itself, from its products under known blurs.

    Args:
        target: as of `measured_products`.
        target_grain: of the same picture; its share is taken off.
        drawn: as of `measured_products`.
        drawn_grain: of the drawn face.
        most_px: the widest blur, as a deviation.

    Returns:
        (2, 2) float64 px^2, never negative in a direction (nothing is sharpened); None where nothing
        is missing that can be seen, or grain hides it.
    """
    # of a very soft target grain is nearly all that is left: it is then taken for a little sharper
    softness = _softness(target, target_grain, 0, at_least=True)
    ladder = [_softness(drawn, drawn_grain, index) for index in range(len(BLURS_PX2))]
    if softness is None or any(step is None for step in ladder):
        return None
    rising = np.maximum.accumulate(np.array(ladder), axis=0)
    along = [np.interp(softness[i], rising[:, i], BLURS_PX2) for i in range(len(_DIRECTIONS))]
    x, y = _DIRECTIONS.T
    (a, b, c), *_ = np.linalg.lstsq(np.stack([x * x, y * y, 2 * x * y], axis=1), np.array(along), rcond=None)
    values, axes = np.linalg.eigh(np.array([[a, c], [c, b]]))
    values = np.clip(values, 0, most_px**2)
    return (axes * values) @ axes.T if values[1] >= _SMALLEST_PX**2 else None


def blurred(picture: NDArray[np.float32], blur: Covariance) -> NDArray[np.float32]:
    """A picture blurred by a Gaussian of this covariance.

    Args:
        picture: (h, w, 3) float32.
        blur: (2, 2), px^2 over (x, y).

    Returns:
        (h, w, 3) float32.
    """
    values, axes = np.linalg.eigh(blur)
    narrow, wide = (sqrt(max(float(value), 0)) for value in values)
    border = cv2.BORDER_REPLICATE
    if narrow > (1 - _ROUND) * wide:
        return np.asarray(
            cv2.GaussianBlur(picture, (0, 0), sqrt(narrow * wide), borderType=border), np.float32
        )
    if narrow > _SMALLEST_PX / 2:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), narrow, borderType=border), np.float32)
        wide = sqrt(wide**2 - narrow**2)
    # a long line in steps: widths add up by their squares, and small sparse kernels are quick
    steps = max(1, ceil(wide**2 / 1.5**2))
    kernel = _line(wide / sqrt(steps), float(axes[0, 1]), float(axes[1, 1]))
    for _ in range(steps):
        picture = np.asarray(cv2.filter2D(picture, -1, kernel, borderType=border), np.float32)
    return picture


def _softness(
    products: Products, grain: Grain, index: int, *, at_least: bool = False
) -> NDArray[np.float64] | None:
    """Power of the first derivative over that of the second, in px^2, along each direction, without grain.

    None where grain may be most of either; with `at_least` a bound from below where it is most of the second.
    """
    noise = grain.strength[0] ** 2 * _noise_products()[grain.width[0], index]
    found: list[float] = []
    for x, y in _DIRECTIONS:
        first, second = np.array([x, y, 0, 0, 0]), np.array([0, 0, x * x, y * y, 2 * x * y])
        powers = [float(v @ products[index] @ v) for v in (first, second)]
        noises = [float(v @ noise @ v) for v in (first, second)]
        if at_least:
            noises[1] = min(noises[1], _MOST_NOISE * powers[1])
        if any(n > _MOST_NOISE * p or p <= 1e-12 for n, p in zip(noises, powers, strict=True)):
            return None
        found.append((powers[0] - noises[0]) / (powers[1] - noises[1]))
    return np.array(found)


def _derivatives(luma: Mask) -> list[NDArray[np.float32]]:
    orders = ((1, 0), (0, 1), (2, 0), (0, 2), (1, 1))
    return [
        np.asarray(cv2.Sobel(luma, cv2.CV_32F, x, y, ksize=_APERTURE_PX, scale=_SCALES[x + y]), np.float32)
        for x, y in orders
    ]


def _line(sigma_px: float, x: float, y: float) -> NDArray[np.float32]:
    """(7, 7) at most: a Gaussian along one direction, as thin as pixels allow, as wide as asked."""
    fine = np.arange(-23.5, 24) / 8  # of a line, in pixels
    along = fine[:, None] * np.array([x, y])
    share = np.exp(-0.5 * np.square(fine / sigma_px))
    kernel = np.zeros((9, 9))
    low = np.floor(along).astype(int)
    part = along - low
    for dx in (0, 1):
        for dy in (0, 1):
            weight = np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
            np.add.at(kernel, (low[:, 1] + dy + 4, low[:, 0] + dx + 4), share * weight)
    kernel = kernel[1:-1, 1:-1]
    kernel[kernel < 2e-3 * kernel.max()] = 0
    return (kernel / kernel.sum()).astype(np.float32)


@cache
def _noise_products() -> NDArray[np.float64]:
    """(widths, len(BLURS_PX2), 5, 5): the products of grain of strength 1 in luma."""
    whole = np.ones((256, 256), np.float32)
    grains = [Grain((1.0, 0.0, 0.0), (width, 0, 0)) for width in range(len(WIDTHS_PX))]
    return np.stack([measured_products(drawn_grain(grain, 256, 256, 0)[..., 1], whole) for grain in grains])
