"""Cut a face out of a decoded picture's own planes: only what the crop shows becomes RGB."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.chroma import of_samples
from understudy.core.picture import Planes
from understudy.core.types import Image, Matrix
from understudy.faces.crop import averaged, reach

_Plane = NDArray[np.uint8]


def cut_planes(planes: Planes, crop_from_frame: Matrix, size_px: int) -> Image:
    """Warp a picture into a square crop, as `crop.cut` does, in a fifth of its time.

    Args:
        planes: of the picture.
        crop_from_frame: (2, 3) similarity, as of `FaceSquare.crop_from_frame`.
        size_px: side of the crop.

    Returns:
        (size, size, 3) RGB uint8; beyond the frame its border is repeated.
    """
    matrix = crop_from_frame.astype(np.float64)
    coarse = of_samples(crop_from_frame, planes.grid_px, planes.first_chroma_px)
    sharp = cv2.INTER_CUBIC if hypot(matrix[0, 0], matrix[1, 0]) > 0.99 else cv2.INTER_LINEAR
    yuv = _warped((planes.luma,), matrix, size_px, sharp)
    yuv += _warped(planes.chroma, coarse, size_px, cv2.INTER_LINEAR)
    rgb = cv2.transform(cv2.merge(yuv), planes.rgb_from_yuv)  # rounded, and cut off at 0 and 255
    return cast(Image, rgb)


def _warped(
    planes: Sequence[_Plane], crop_from_plane: NDArray[np.float64], size_px: int, how: int
) -> list[_Plane]:
    """Planes of one size through one matrix."""
    height, width = planes[0].shape
    x0, y0, x1, y1 = reach(crop_from_plane, size_px, (width, height))
    crop_from_part = crop_from_plane.copy()
    crop_from_part[:, 2] += crop_from_plane[:, :2] @ (x0, y0)
    warped: list[_Plane] = []
    for plane in planes:
        part, matrix = averaged(plane[y0:y1, x0:x1], crop_from_part)
        size = (size_px, size_px)
        done = cv2.warpAffine(part, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
        warped.append(cast(_Plane, done))
    return warped
