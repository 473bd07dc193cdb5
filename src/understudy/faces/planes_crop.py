"""Cut a face out of a decoded picture's own planes: only what the crop shows becomes RGB."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

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
    across, down = planes.grid_px
    x, y = planes.first_chroma_px
    # a place in a plane of chroma, told as a place in the picture
    scaled = np.column_stack([matrix[:, :2] * (across, down), matrix[:, :2] @ (x, y) + matrix[:, 2]])
    sharp = cv2.INTER_CUBIC if np.hypot(matrix[0, 0], matrix[1, 0]) > 0.99 else cv2.INTER_LINEAR
    yuv = [_warped(planes.luma, matrix, size_px, sharp)]
    yuv += [_warped(plane, scaled, size_px, cv2.INTER_LINEAR) for plane in planes.chroma]
    rgb = cv2.transform(cv2.merge(yuv), planes.rgb_from_yuv)  # rounded, and cut off at 0 and 255
    return cast(Image, rgb)


def _warped(plane: _Plane, crop_from_plane: NDArray[np.floating], size_px: int, how: int) -> _Plane:
    height, width = plane.shape
    crop_from_plane = crop_from_plane.astype(np.float64)
    x0, y0, x1, y1 = reach(crop_from_plane, size_px, (width, height))
    shift = crop_from_plane[:, :2] @ np.array([x0, y0]) + crop_from_plane[:, 2]
    part, matrix = averaged(plane[y0:y1, x0:x1], np.column_stack([crop_from_plane[:, :2], shift]))
    size = (size_px, size_px)
    return cast(_Plane, cv2.warpAffine(part, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE))
