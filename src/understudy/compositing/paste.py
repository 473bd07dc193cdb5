"""Put a drawn face back where its crop came from, and leave every other pixel alone."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.geometry import inverse
from understudy.core.types import Image, Mask, Matrix

_AREA_FROM_SCALE = 1.2  # crop pixels a frame pixel above which plain interpolation would alias


@dataclass(frozen=True, slots=True)
class _Window:
    """The part of the frame that a mask reaches: columns x0..x1, rows y0..y1, ends exclusive."""

    x0: int
    y0: int
    x1: int
    y1: int


def paste(
    frame: Image,
    drawn: Image | NDArray[np.float32],
    mask: Mask,
    crop_from_frame: Matrix,
    *,
    in_place: bool = False,
) -> Image:
    """Blend a drawn face into its frame.

    Args:
        frame: (h, w, 3) RGB uint8.
        drawn: (s, s, 3) RGB in crop pixels, uint8 or float32 in [0, 1].
        mask: (s, s) float32 in [0, 1], how much of `drawn` is shown; see `blend_mask`.
        crop_from_frame: (2, 3) float32, the similarity that cut the crop out.
        in_place: write into `frame` instead of a copy, which for an 8K frame is most of the cost.

    Returns:
        (h, w, 3) uint8. Pixels where `frame_mask` is 0 are those of `frame`, bit for bit.

    Convention:
        The centre of the top left pixel is (0, 0) in both pictures.

    Raises:
        ValueError: drawn and mask of different size, or a matrix that cannot be inverted.
    """
    if drawn.shape[:2] != mask.shape:
        raise ValueError(f"drawn {drawn.shape} and mask {mask.shape} differ in size")
    out = frame if in_place else frame.copy()
    window = _reached(mask, crop_from_frame, frame.shape[0], frame.shape[1])
    if window is None:
        return out
    if drawn.dtype != np.uint8:  # 8-bit units, but no rounding before the blend
        drawn = drawn.astype(np.float32, copy=False) * np.float32(255)
    weight = _to_window(mask, crop_from_frame, window, cv2.INTER_LINEAR)
    face = _to_window(drawn.astype(np.float32, copy=False), crop_from_frame, window, cv2.INTER_CUBIC)
    part = out[window.y0 : window.y1, window.x0 : window.x1]
    before = part.astype(np.float32)
    face -= before
    face *= weight[..., None]
    face += before
    # saturates and rounds; copying through the mask keeps the rest exact whatever was drawn there
    blended = cv2.convertScaleAbs(np.maximum(face, 0, out=face))
    cv2.copyTo(blended, (weight > 0).view(np.uint8), part)
    return out


def frame_mask(mask: Mask, crop_from_frame: Matrix, height_px: int, width_px: int) -> Mask:
    """The mask as `paste` applies it in the frame.

    Args:
        mask: (s, s) float32 in [0, 1] in crop pixels.
        crop_from_frame: (2, 3) float32.
        height_px: height of the frame.
        width_px: width of the frame.

    Returns:
        (height_px, width_px) float32 in [0, 1].
    """
    whole = np.zeros((height_px, width_px), np.float32)
    window = _reached(mask, crop_from_frame, height_px, width_px)
    if window is not None:
        weight = _to_window(mask, crop_from_frame, window, cv2.INTER_LINEAR)
        whole[window.y0 : window.y1, window.x0 : window.x1] = weight
    return whole


def _reached(mask: Mask, crop_from_frame: Matrix, height_px: int, width_px: int) -> _Window | None:
    """The smallest window of the frame outside which the warped mask is 0; None where it is empty."""
    usable = bool(np.isfinite(crop_from_frame).all())
    determinant = float(np.linalg.det(crop_from_frame[:, :2].astype(np.float64))) if usable else 0.0
    if abs(determinant) < 1e-12:
        raise ValueError(f"crop_from_frame cannot be inverted: {crop_from_frame.tolist()}")
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return None
    # interpolation reaches one crop pixel further, the area filter one frame pixel
    margin = 1 + abs(determinant) ** 0.5
    x0, x1 = columns[0] - margin, columns[-1] + margin
    y0, y1 = rows[0] - margin, rows[-1] + margin
    frame_from_crop = inverse(crop_from_frame.astype(np.float64))
    corners = np.array([[x0, y0], [x1, y0], [x0, y1], [x1, y1]])
    at = corners @ frame_from_crop[:, :2].T + frame_from_crop[:, 2]
    low = np.maximum(np.floor(at.min(axis=0)), 0)
    high = np.minimum(np.ceil(at.max(axis=0)) + 1, [width_px, height_px])
    if (low >= high).any():
        return None
    return _Window(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


def _to_window(
    picture: NDArray[np.float32], crop_from_frame: Matrix, window: _Window, interpolation: int
) -> NDArray[np.float32]:
    """Resample a crop picture onto the pixels of a window of the frame, 0 (mask) or edge beyond it."""
    matrix = crop_from_frame.astype(np.float64)
    scale = abs(float(np.linalg.det(matrix[:, :2]))) ** 0.5
    if scale > _AREA_FROM_SCALE:
        height, width = picture.shape[:2]
        size = (max(1, round(width / scale)), max(1, round(height / scale)))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
        shrink = np.array([size[0] / width, size[1] / height])
        matrix = matrix * shrink[:, None]
        matrix[:, 2] += shrink / 2 - 0.5  # pixel centres: small = (large + 0.5) * shrink - 0.5
    matrix[:, 2] += matrix[:, :2] @ np.array([window.x0, window.y0], np.float64)
    is_mask = picture.ndim == 2
    warped = cv2.warpAffine(
        picture,
        matrix,
        (window.x1 - window.x0, window.y1 - window.y0),
        flags=interpolation | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT if is_mask else cv2.BORDER_REPLICATE,
    )
    return np.asarray(warped, np.float32)
