"""Grain: measured on smooth skin, and drawn anew with the same strength and spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.compositing.blend_parts import FloatImage, tripled
from understudy.core.types import Mask

WIDTHS_PX = (
    0.0,
    0.35,
    0.4,
    0.45,
    0.5,
    0.55,
    0.6,
    0.65,
    0.7,
    0.8,
    0.9,
    1.0,
    1.2,
)  # wider: indistinct from skin

Detail = NDArray[np.float64]  # (2, 3): power of fine and coarse detail on smooth skin, of Y, Cr and Cb

_TILE_PX = 512
_TILE_SEED = 20031125
_PATCH_PX = 8
_SMOOTHEST = 25  # per cent of the patches: skin without features
_FEWEST_PATCHES = 12
_ROUNDING = 1 / 255**2 / 12  # power of rounding to 8 bits
# second differences along both axes, over neighbours and over every other pixel
_KERNELS = (np.array([1, -2, 1], np.float32), np.array([1, 0, -2, 0, 1], np.float32))
_KERNEL_POWER = 36.0  # of either, for white noise


@dataclass(frozen=True, slots=True)
class Grain:
    """White noise blurred by a Gaussian, for each of Y, Cr and Cb.

    Args:
        strength: deviation, in units of the full range.
        width: index into `WIDTHS_PX`: the Gaussian's deviation.
    """

    strength: tuple[float, float, float]
    width: tuple[int, int, int]


def measured_detail(window: FloatImage, weight: Mask) -> Detail | None:
    """The diagonal detail of a face's smoothest patches, without features and what codecs leave around them.

    Args:
        window: (h, w, 3) float32 RGB in [0, 1].
        weight: (h, w) float32; measured where it is above one half.

    Returns:
        (2, 3) float64, to be averaged over time and told as grain by `grain_of`; None where too little of
        a face is there.

    Reference:
        Immerkaer, Fast noise variance estimation, CVIU 64(2), 1996, for the kernel.
    """
    size = (weight.shape[1] // _PATCH_PX, weight.shape[0] // _PATCH_PX)
    if min(size) < 1:
        return None
    chosen = np.asarray(cv2.resize(weight, size, interpolation=cv2.INTER_AREA)) > 0.5
    if np.count_nonzero(chosen) < _FEWEST_PATCHES:
        return None
    return _detail(np.asarray(cv2.cvtColor(window, cv2.COLOR_RGB2YCrCb), np.float32), chosen)


def grain_of(detail: Detail) -> Grain:
    """The grain that leaves this much detail.

    Its width is read off the ratio of fine to coarse detail, its strength off the coarse one, which
    neither rounding nor a codec's filter takes away.
    """
    table = _responses()
    strength, width = [0.0, 0.0, 0.0], [0, 0, 0]
    for channel in range(3):
        fine = max(float(detail[0, channel]) - _ROUNDING, 0)
        coarse = max(float(detail[1, channel]) - _ROUNDING, 0)
        if coarse > 0:
            width[channel] = int(
                np.argmin(np.abs(np.log((fine / coarse + 1e-6) / (table[:, 0] / table[:, 1]))))
            )
            strength[channel] = sqrt(coarse / table[width[channel], 1])
    return Grain((strength[0], strength[1], strength[2]), (width[0], width[1], width[2]))


def drawn_grain(grain: Grain, height_px: int, width_px: int, frame: int) -> FloatImage:
    """Draw grain: the same for the same frame number, another for each.

    Args:
        grain: its strength and width.
        height_px: of the window.
        width_px: of the window.
        frame: its number.

    Returns:
        (height_px, width_px, 3) float32 RGB, mean 0.
    """
    rng = np.random.default_rng((_TILE_SEED, frame))
    tiles, planes = _tiles(), []
    for strength, width in zip(grain.strength, grain.width, strict=True):
        y, x = (int(start) for start in rng.integers(0, _TILE_PX, 2))
        part = _laid(tiles[width], y, x, height_px, width_px)
        planes.append(part * np.float32(strength))
    if grain.strength[1] == grain.strength[2] == 0:
        return tripled(planes[0])
    # Y, Cr, Cb to R, G, B as OpenCV has them for floats (BT.601)
    red_green_blue = np.array([[1, 1.403, 0], [1, -0.714, -0.344], [1, 0, 1.773]], np.float32)
    return np.asarray(cv2.transform(cv2.merge(planes), red_green_blue), np.float32)


def _detail(picture: FloatImage, chosen: NDArray[np.bool_]) -> Detail:
    """The measure itself, over the chosen patches."""
    size = (chosen.shape[1], chosen.shape[0])
    found: list[NDArray[np.float64]] = []
    for kernel in _KERNELS:
        detail = cv2.sepFilter2D(picture, cv2.CV_32F, kernel, kernel)
        patches = np.asarray(cv2.resize(np.abs(detail), size, interpolation=cv2.INTER_AREA))
        smooth = np.percentile(patches[chosen], _SMOOTHEST, axis=0).astype(np.float64)
        found.append(np.square(smooth) * (np.pi / 2 / _KERNEL_POWER))  # of a normal distribution's mean size
    return np.stack(found)


def _laid(tile: Mask, y: int, x: int, height_px: int, width_px: int) -> Mask:
    """A part of a tile repeated without end."""
    if y + height_px > _TILE_PX or x + width_px > _TILE_PX:
        rows, columns = (y + np.arange(height_px)) % _TILE_PX, (x + np.arange(width_px)) % _TILE_PX
        return tile[rows].take(columns, axis=1)
    return tile[y : y + height_px, x : x + width_px]


@cache
def _tiles() -> list[Mask]:
    """One tile of noise a width, deviation 1, that can be repeated without a seam."""
    white = np.random.default_rng(_TILE_SEED).standard_normal((_TILE_PX, _TILE_PX), np.float32)
    border = 8
    wide = cv2.copyMakeBorder(white, border, border, border, border, cv2.BORDER_WRAP)
    tiles = [white]
    for width in WIDTHS_PX[1:]:
        tile = np.asarray(cv2.GaussianBlur(wide, (0, 0), width), np.float32)[border:-border, border:-border]
        tiles.append(np.ascontiguousarray(tile / tile.std()))
    return tiles


@cache
def _responses() -> NDArray[np.float64]:
    """(widths, 2): power of fine and coarse detail that a grain of strength 1 leaves."""
    side = _TILE_PX // _PATCH_PX
    return np.stack([_detail(tripled(tile), np.ones((side, side), np.bool_))[:, 0] for tile in _tiles()])
