"""Where a drawn face lies in its frame, and its pixels there."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.compositing.resample import AREA_FROM, linear, resampled, scale_of
from understudy.core.chroma import Site, middle_of, of_samples
from understudy.core.geometry import inverse
from understudy.core.types import Mask, Matrix

_FloatImage = NDArray[np.float32]

_KERNEL_PX = 3  # of a crop's border, within which a cubic kernel looks beyond it
_AROUND_PX = 4  # beyond the mask: interpolation reaches one pixel, a cubic filter two more


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a frame: columns x0..x1, rows y0..y1, ends exclusive."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """x0, y0, x1, y1."""
        return self.x0, self.y0, self.x1, self.y1

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.x1 - self.x0, self.y1 - self.y0


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A drawn face as it lies in its frame.

    Args:
        window: the part of the frame that it reaches.
        face: (h, w, 3) float32 RGB in [0, 1], resampled onto the frame's pixels.
        weight: (h, w) float32 in [0, 1], how much of it is shown.
    """

    window: Window
    face: _FloatImage
    weight: Mask


def place(
    drawn: _FloatImage,
    mask: Mask,
    crop_from_frame: Matrix,
    size_px: tuple[int, int],
    grid_px: tuple[int, int] = (1, 1),
) -> Placed | None:
    """Resample a drawn face onto the pixels of its frame.

    Args:
        drawn: (s, s, 3) float32 RGB in [0, 1], in crop pixels.
        mask: (s, s) float32 in [0, 1], how much of it is shown; see `blend_mask`.
        crop_from_frame: (2, 3) float32, the similarity that cut the crop out.
        size_px: width and height of the frame, multiples of the grid.
        grid_px: columns and rows that the window starts and ends on.

    Returns:
        None where nothing of it is inside the frame.

    Convention:
        The centre of the top left pixel is (0, 0) in both pictures.

    Raises:
        ValueError: drawn and mask of different size, or a matrix that cannot be inverted.
    """
    if drawn.shape[:2] != mask.shape:
        raise ValueError(f"drawn {drawn.shape} and mask {mask.shape} differ in size")
    window = _reached(mask, crop_from_frame, size_px, grid_px)
    if window is None:
        return None
    crop_from_window = _from_window(crop_from_frame, window)
    weight = linear(mask, crop_from_window, *window.size)
    face = resampled(drawn, crop_from_window, *window.size)
    return Placed(window=window, face=np.clip(face, 0, 1), weight=weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedPlanes:
    """A drawn face as it lies in the planes of its frame.

    Args:
        window: the part of the frame that it reaches, on whole samples of chroma.
        luma: (h, w) float32, multiplied by the weight.
        chroma: (h / down, w / across, 2) float32, likewise.
        weight: (h, w) float32 in [0, 1], how much of it is shown.
        chroma_weight: (h / down, w / across) float32, the same at the samples of chroma.
    """

    window: Window
    luma: _FloatImage
    chroma: _FloatImage
    weight: Mask
    chroma_weight: Mask


def place_planes(
    drawn: _FloatImage,
    mask: Mask,
    crop_from_frame: Matrix,
    size_px: tuple[int, int],
    grid_px: tuple[int, int],
    site: Site | None = None,
) -> PlacedPlanes | None:
    """Resample a drawn face onto the samples of its frame, as `place`, but chroma only where it has samples.

    Args:
        drawn: (s, s, 3) float32 luma and two of chroma, in crop pixels.
        mask: as of `place`.
        crop_from_frame: likewise.
        size_px: likewise.
        grid_px: columns and rows of the frame that share a sample of chroma.
        site: where it lies; in the middle of these pixels where None.
    """
    site = site or middle_of(grid_px)
    window = _reached(mask, crop_from_frame, size_px, grid_px)
    if window is None:
        return None
    across, down = grid_px
    coarse_window = Window(window.x0 // across, window.y0 // down, window.x1 // across, window.y1 // down)
    crop_from_window = _from_window(crop_from_frame, window)
    crop_from_coarse = _from_window(of_samples(crop_from_frame, grid_px, site), coarse_window)
    # what lies beyond the crop is not shown where the mask ends before: leaving it out is twice as fast
    is_inside = _ends_inside(mask, ceil(_KERNEL_PX * max(1.0, scale_of(crop_from_coarse))))
    edge = cv2.BORDER_CONSTANT if is_inside else cv2.BORDER_REPLICATE
    sharp, *coloured = _planes_of(drawn)
    luma = resampled(sharp, crop_from_window, *window.size, edge)
    weight = linear(mask, crop_from_window, *window.size)
    # four at once are warped as fast as one; nobody sees how sharp chroma is
    coarse = np.asarray(cv2.merge([*coloured, mask, mask]), np.float32)
    *chroma, coarse_weight, _ = _planes_of(linear(coarse, crop_from_coarse, *coarse_window.size, edge))
    if not is_inside:
        coarse_weight = linear(mask, crop_from_coarse, *coarse_window.size)
    if grid_px == (1, 1):
        coarse_weight = weight
    chroma = [cv2.multiply(plane, coarse_weight) for plane in chroma]
    return PlacedPlanes(
        window=window,
        luma=np.asarray(cv2.multiply(luma, weight), np.float32),
        chroma=np.asarray(cv2.merge(chroma), np.float32),
        weight=weight,
        chroma_weight=coarse_weight,
    )


def shown_part(mask: Mask, crop_from_frame: Matrix, grid_px: tuple[int, int]) -> Window:
    """The part of a crop that a frame shows any of, with what its pixels are interpolated from.

    All of it where the frame shows it so small that it, or its chroma alone, is averaged: in a part whose
    place changes from frame to frame that would be done in other cells each time.

    Args:
        mask: (s, s) float32, how much of it is shown.
        crop_from_frame: (2, 3) the similarity that cut it out.
        grid_px: columns and rows of the frame that share a sample of chroma.
    """
    height, width = mask.shape
    (a, b, _), (c, d, _) = crop_from_frame.tolist()
    if (abs(a * d - b * c) * grid_px[0] * grid_px[1]) ** 0.5 > AREA_FROM:
        return Window(0, 0, width, height)
    left, top, columns, rows = cv2.boundingRect((mask > 0).view(np.uint8))
    x0, y0 = max(0, left - _AROUND_PX), max(0, top - _AROUND_PX)
    x1, y1 = min(width, left + columns + _AROUND_PX), min(height, top + rows + _AROUND_PX)
    return Window(x0, y0, x1, y1)


def _reached(
    mask: Mask, crop_from_frame: Matrix, size_px: tuple[int, int], grid_px: tuple[int, int]
) -> Window | None:
    """The smallest window on a grid outside which the warped mask is 0; None where it is empty."""
    (a, b, _), (c, d, _) = crop_from_frame.tolist()
    determinant = a * d - b * c
    if not abs(determinant) >= 1e-12 or not np.isfinite(crop_from_frame).all():
        raise ValueError(f"crop_from_frame cannot be inverted: {crop_from_frame.tolist()}")
    left, top, width, height = cv2.boundingRect((mask > 0).view(np.uint8))
    if width == 0:
        return None
    # interpolation reaches one crop pixel further, the area filter one frame pixel
    margin = 1 + abs(determinant) ** 0.5
    sides = ((left - margin, left + width - 1 + margin), (top - margin, top + height - 1 + margin))
    bounds: list[tuple[int, int]] = []
    frame_from_crop = inverse(crop_from_frame.astype(np.float64)).tolist()
    for (of_x, of_y, shift), length, step in zip(frame_from_crop, size_px, grid_px, strict=True):
        at = [of_x * x + of_y * y + shift for x in sides[0] for y in sides[1]]
        low, high = floor(min(at) / step) * step, -(-(ceil(max(at)) + 1) // step) * step
        bounds.append((max(low, 0), min(high, length)))
    (x0, x1), (y0, y1) = bounds
    return Window(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _planes_of(picture: _FloatImage) -> list[NDArray[np.float32]]:
    return [np.asarray(plane, np.float32) for plane in cv2.split(picture)]


def _ends_inside(mask: Mask, margin_px: int) -> bool:
    """Whether a mask is 0 within a margin of its crop's border."""
    inside = mask[margin_px:-margin_px, margin_px:-margin_px]
    return cv2.countNonZero(mask) == (cv2.countNonZero(inside) if inside.size else 0)


def _from_window(crop_from_frame: NDArray[np.floating], window: Window) -> NDArray[np.float64]:
    """The (2, 3) matrix from pixels of a window of the frame."""
    (a, b, x), (c, d, y) = crop_from_frame.tolist()
    x0, y0 = window.x0, window.y0
    return np.array([[a, b, x + a * x0 + b * y0], [c, d, y + c * x0 + d * y0]], np.float64)
