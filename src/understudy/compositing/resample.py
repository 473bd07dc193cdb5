"""Carry a drawn crop onto the pixels of a frame's window: sharp, without ringing and without aliasing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.compositing.blend_parts import FloatImage

_AREA_FROM = 1.2  # crop pixels a window pixel above which plain interpolation would alias
_TWO_STEPS_TO = 0.3  # and below which the crop is enlarged by a whole number first
_FIRST_STEP = 4
_CELL = np.ones((2, 2), np.uint8)


def resampled(
    picture: FloatImage, crop_from_window: NDArray[np.floating], width_px: int, height_px: int
) -> FloatImage:
    """Resample a picture of a face through a similarity.

    A cubic filter, held between the smallest and the largest of the four pixels around each point:
    that keeps all its sharpness and takes away its overshoot, 11 % of the height of a sharp edge, which
    an enlargement by 8 would show as a light and a dark line of eight pixels. A picture that is to be
    much smaller is averaged first; one that is to be much larger is enlarged by 4 with the cubic
    filter and from there linearly, in a third of the time.

    Args:
        picture: (h, w, 3) float32 RGB in crop pixels.
        crop_from_window: (2, 3), a similarity.
        width_px: of the window.
        height_px: of the window.

    Returns:
        (height_px, width_px, 3) float32, within the picture's own range; its border repeated beyond it.

    Convention:
        The centre of the top left pixel is (0, 0) in both.

    Raises:
        ValueError: the matrix is no similarity.
    """
    matrix = crop_from_window.astype(np.float64)
    scale = abs(float(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0])) ** 0.5
    if not np.isfinite(matrix).all() or scale < 1e-6:
        raise ValueError(f"crop_from_window is no similarity: {crop_from_window.tolist()}")
    size = (width_px, height_px)
    if scale > _AREA_FROM:
        picture, matrix = _reduced(picture, matrix, scale)
    if scale >= _TWO_STEPS_TO:
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        sharp = cv2.warpAffine(picture, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return _held(np.asarray(sharp, np.float32), picture, matrix)
    height, width = picture.shape[:2]
    large = (width * _FIRST_STEP, height * _FIRST_STEP)
    sharp = np.asarray(cv2.resize(picture, large, interpolation=cv2.INTER_CUBIC), np.float32)
    offset = (1 / _FIRST_STEP - 1) / 2
    sharp = _held(sharp, picture, np.array([[1 / _FIRST_STEP, 0, offset], [0, 1 / _FIRST_STEP, offset]]))
    matrix = matrix * _FIRST_STEP
    matrix[:, 2] += (_FIRST_STEP - 1) / 2
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(sharp, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _reduced(
    picture: FloatImage, matrix: NDArray[np.float64], scale: float
) -> tuple[FloatImage, NDArray[np.float64]]:
    """The picture averaged to about the window's resolution, and the matrix for it."""
    height, width = picture.shape[:2]
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    shrink = np.array([size[0] / width, size[1] / height])
    matrix = matrix * shrink[:, None]
    matrix[:, 2] += shrink / 2 - 0.5  # pixel centres: small = (large + 0.5) * shrink - 0.5
    return small, matrix


def _held(sharp: FloatImage, picture: FloatImage, matrix: NDArray[np.float64]) -> FloatImage:
    """An interpolated picture held within the range of the four pixels that each of its points lies between.

    Overwrites `sharp`.
    """
    height, width = picture.shape[:2]
    # the cell that begins at a pixel; beyond the border there are none but the border's own pixels
    wide = cv2.copyMakeBorder(picture, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    at = matrix.copy()
    at[:, 2] += 1 - 0.5  # the nearest cell's middle
    size = (sharp.shape[1], sharp.shape[0])
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    for extreme, limit in ((cv2.erode, np.maximum), (cv2.dilate, np.minimum)):
        cells = extreme(wide, _CELL, anchor=(0, 0))[: height + 1, : width + 1]
        bound = cv2.warpAffine(cells, at, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        limit(sharp, bound, out=sharp)
    return sharp
