"""The part of a face that figures are taken in, cut out of its frame."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Mask, Matrix, Points
from understudy.faces.mesh import LANDMARK_COUNT

# brows, outer ends of the eyes, cheeks, below the lower lip: what a swap must replace fully, well inside
# any blended border, and where no hair hangs on most heads
_INNER_FACE = (
    *(70, 63, 105, 66, 107, 336, 296, 334, 293, 300),
    *(33, 263, 116, 345, 187, 411, 106, 335, 200),
)
_SUBPIXEL_BITS = 4


def inner_face_mask(landmarks_px: Points, size_px: int) -> Mask:
    """The convex hull of brows, eyes, nose and mouth.

    Args:
        landmarks_px: (468, 2 or 3) float32 face mesh in crop pixels.
        size_px: side of the crop.

    Returns:
        (size_px, size_px) float32: 1 inside, 0 outside.

    Raises:
        ValueError: not 468 points.
    """
    if len(landmarks_px) != LANDMARK_COUNT:
        raise ValueError(f"need {LANDMARK_COUNT} landmarks, got {landmarks_px.shape}")
    points = np.clip(landmarks_px[list(_INNER_FACE), :2], -8.0 * size_px, 9.0 * size_px)
    hull = cv2.convexHull(points.astype(np.float32))[:, 0]
    drawn = np.zeros((size_px, size_px), np.uint8)
    corners = np.round(hull * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillConvexPoly(drawn, corners, (1,), cv2.LINE_8, _SUBPIXEL_BITS)
    return drawn.astype(np.float32)


def cut(image: Image, crop_from_frame: Matrix, size_px: int) -> Image:
    """Cut a square out of a frame, without aliasing where it is scaled down.

    Args:
        image: (h, w, 3) RGB uint8.
        crop_from_frame: (2, 3) float32.
        size_px: side of the crop.

    Returns:
        (size_px, size_px, 3) RGB uint8; beyond the frame its edge is repeated.

    Convention:
        The centre of the top left pixel is (0, 0) in both pictures.
    """
    matrix = crop_from_frame.astype(np.float64)
    # twice the size, halved again as long as the frame is more than twice as fine as the crop
    times = 1
    while float(np.linalg.det(matrix[:, :2])) ** 0.5 * times < 0.6 and times < 16:
        times *= 2
    fine = matrix * times
    fine[:, 2] += (times - 1) / 2
    side = size_px * times
    crop = cv2.warpAffine(image, fine, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if times > 1:
        crop = cv2.resize(crop, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return np.asarray(crop, np.uint8)


def luma(image: Image) -> NDArray[np.float32]:
    """(h, w) float32 luma (BT.601 weights) in grey levels, 0 to 255, of an (h, w, 3) RGB uint8 image."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)
