"""How like two pictures are: structural similarity and peak signal-to-noise ratio."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Mask

FloatImage = NDArray[np.float32]  # (h, w, 3), RGB in [0, 1]

_WINDOW_PX = 11
_SIGMA_PX = 1.5
_C1 = 0.01**2
_C2 = 0.03**2
_MOST_DB = 100.0  # equal pictures have no finite ratio, and JSON knows no infinity


def ssim_map(a: Image | FloatImage, b: Image | FloatImage) -> NDArray[np.float32]:
    """Structural similarity around each pixel, the mean over R, G and B.

    Args:
        a: (h, w, 3) RGB, uint8 or float32 in [0, 1].
        b: the same size.

    Returns:
        (h, w) float32 in [-1, 1]; the picture is mirrored at its edge.

    Raises:
        ValueError: images of different size.

    Reference:
        Wang et al., Image quality assessment: from error visibility to structural similarity,
        IEEE TIP 13(4), 2004, eq. 13; Gaussian window 11x11, sigma 1.5, K1 = 0.01, K2 = 0.03.
    """
    x, y = _pair(a, b)
    mean_x, mean_y = _smooth(x), _smooth(y)
    square_x, square_y, product = mean_x * mean_x, mean_y * mean_y, mean_x * mean_y
    variance_x = _smooth(x * x) - square_x
    variance_y = _smooth(y * y) - square_y
    covariance = _smooth(x * y) - product
    top = (2 * product + _C1) * (2 * covariance + _C2)
    bottom = (square_x + square_y + _C1) * (variance_x + variance_y + _C2)
    return (top / bottom).mean(axis=2, dtype=np.float32)


def masked_ssim(a: Image | FloatImage, b: Image | FloatImage, mask: Mask) -> float | None:
    """Mean of `ssim_map` weighted by a mask.

    Args:
        a: (h, w, 3) RGB, uint8 or float32 in [0, 1].
        b: the same size.
        mask: (h, w) float32 in [0, 1].

    Returns:
        The mean, None where the mask is empty.
    """
    total = float(mask.sum())
    return float((ssim_map(a, b) * mask).sum()) / total if total > 0 else None


def masked_psnr(a: Image | FloatImage, b: Image | FloatImage, mask: Mask) -> float | None:
    """Peak signal-to-noise ratio in decibels over R, G, B, weighted by a mask.

    Args:
        a: (h, w, 3) RGB, uint8 or float32 in [0, 1].
        b: the same size.
        mask: (h, w) float32 in [0, 1].

    Returns:
        The ratio, at most 100; None where the mask is empty.

    Raises:
        ValueError: images of different size.
    """
    x, y = _pair(a, b)
    total = float(mask.sum())
    if total <= 0:
        return None
    error = float((np.square(x - y).mean(axis=2) * mask).sum()) / total
    return min(_MOST_DB, -10 * float(np.log10(max(error, 1e-30))))


def _pair(a: Image | FloatImage, b: Image | FloatImage) -> tuple[FloatImage, FloatImage]:
    if a.shape != b.shape:
        raise ValueError(f"images differ in size: {a.shape} and {b.shape}")
    return _unit(a), _unit(b)


def _unit(image: Image | FloatImage) -> FloatImage:
    if image.dtype == np.uint8:
        return image.astype(np.float32) / np.float32(255)
    return image.astype(np.float32, copy=False)


def _smooth(image: FloatImage) -> FloatImage:
    return np.asarray(cv2.GaussianBlur(image, (_WINDOW_PX, _WINDOW_PX), _SIGMA_PX), np.float32)
