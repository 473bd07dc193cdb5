"""A small grey picture of a face, and whether two of them, or any two pictures, show the same."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.picture import Picture
from understudy.core.types import Image, Matrix
from understudy.faces.crop import averaged, part_under

PATCH_PX = 24
PATCH_COVERAGE = 1.2  # of a face and little else
_FLAT = 2.0  # grey levels of contrast (standard deviation) below which a picture shows nothing

Grey = NDArray[np.float32]  # (h, w), 0 to 255


def face_patch(image: Image | Picture, patch_from_image: Matrix) -> Grey:
    """A small upright picture of a face.

    Args:
        image: (h, w, 3) RGB uint8, or a picture of which only the part under the face is looked at.
        patch_from_image: (2, 3) similarity that cuts `PATCH_PX` at `PATCH_COVERAGE` out of it.

    Returns:
        (`PATCH_PX`, `PATCH_PX`) float32 grey levels.
    """
    part, matrix = part_under(image, patch_from_image, PATCH_PX)
    # grey first: one channel is averaged and warped in a third of the time of three
    small, matrix = averaged(np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8), matrix)
    size = (PATCH_PX, PATCH_PX)
    grey = cv2.warpAffine(small, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1), np.float32)


def change(a: Grey, b: Grey) -> float:
    """1 less the correlation of two pictures of one size; 0 where neither shows anything."""
    a, b = (a - a.mean()).ravel(), (b - b.mean()).ravel()
    contrast = [math.sqrt(float(grey @ grey) / grey.size) for grey in (a, b)]
    if max(contrast) < _FLAT:
        return 0.0
    return 1 - float(a @ b) / a.size / (max(contrast[0], _FLAT) * max(contrast[1], _FLAT))
