"""The part of a face that figures are taken in."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Mask, Points
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


def luma(image: Image) -> NDArray[np.float32]:
    """(h, w) float32 luma (BT.601 weights) in grey levels, 0 to 255, of an (h, w, 3) RGB uint8 image."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)
