"""Where a drawn face lies in its frame, and its pixels there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.compositing.resample import AREA_FROM, reduced, resampled
from understudy.core.chroma import Site, middle_of
from understudy.core.geometry import inverse
from understudy.core.types import Mask, Matrix

_FloatImage = NDArray[np.float32]

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
    weight = _to_window(mask, crop_from_frame, window)
    crop_from_window = _from_window(crop_from_frame, window)
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
    weight = _to_window(mask, crop_from_frame, window)
    # what lies beyond the crop is not shown where the mask ends before: leaving it out is twice as fast
    edge = cv2.BORDER_CONSTANT if _ends_inside(mask) else cv2.BORDER_REPLICATE
    sharp = np.ascontiguousarray(drawn[..., 0])
    luma = resampled(sharp, _from_window(crop_from_frame, window), *window.size, edge)
    across, down = grid_px
    coarse_window = Window(window.x0 // across, window.y0 // down, window.x1 // across, window.y1 // down)
    linear = crop_from_frame[:, :2] * np.array([across, down], np.float32)
    shift = crop_from_frame[:, :2] @ np.array(site, np.float32)
    crop_from_coarse = np.column_stack([linear, crop_from_frame[:, 2] + shift]).astype(np.float32)
    coarse_weight = weight if grid_px == (1, 1) else _to_window(mask, crop_from_coarse, coarse_window)
    # one by one, which is several times as fast as both at once; nobody sees how sharp chroma is
    planes = [np.ascontiguousarray(drawn[..., channel]) for channel in (1, 2)]
    chroma = [_to_window(plane, crop_from_coarse, coarse_window, edge) * coarse_weight for plane in planes]
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
    x0, x1 = left - margin, left + width - 1 + margin
    y0, y1 = top - margin, top + height - 1 + margin
    frame_from_crop = inverse(crop_from_frame.astype(np.float64))
    corners = np.array([[x0, y0], [x1, y0], [x0, y1], [x1, y1]])
    at = corners @ frame_from_crop[:, :2].T + frame_from_crop[:, 2]
    grid = np.array(grid_px)
    low = np.maximum(np.floor(at.min(axis=0) / grid) * grid, 0)
    high = np.minimum(np.ceil((np.ceil(at.max(axis=0)) + 1) / grid) * grid, size_px)
    if (low >= high).any():
        return None
    return Window(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


def _ends_inside(mask: Mask) -> bool:
    """Whether a mask is 0 where a cubic kernel looks beyond its crop."""
    return not (mask[:3].any() or mask[-3:].any() or mask[:, :3].any() or mask[:, -3:].any())


def _to_window(
    picture: NDArray[np.float32],
    crop_from_frame: Matrix,
    window: Window,
    beyond: int = cv2.BORDER_CONSTANT,
) -> NDArray[np.float32]:
    """Resample one plane linearly onto the pixels of a window; `beyond` it, OpenCV's border mode."""
    matrix = crop_from_frame.astype(np.float64)
    scale = abs(float(np.linalg.det(matrix[:, :2]))) ** 0.5
    if scale > AREA_FROM:
        picture, matrix = reduced(picture, matrix, scale)
    matrix = _from_window(matrix, window)
    warped = cv2.warpAffine(
        picture,
        matrix,
        window.size,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=beyond,
    )
    return np.asarray(warped, np.float32)


def _from_window(crop_from_frame: NDArray[np.floating], window: Window) -> NDArray[np.float64]:
    """The (2, 3) matrix from pixels of a window of the frame."""
    matrix = crop_from_frame.astype(np.float64)
    matrix[:, 2] += matrix[:, :2] @ np.array([window.x0, window.y0], np.float64)
    return matrix
