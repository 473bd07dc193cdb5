"""What a person has drawn over a stored crop: where the face is hidden."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.bounded import read_bounded
from understudy.core.errors import MediaError
from understudy.core.geometry import chained, inverse
from understudy.core.types import Matrix
from understudy.faces.crop import averaged
from understudy.faces.faceset_records import StoredFace
from understudy.media.images import decode_image
from understudy.media.picture_header import check_size

LARGEST_MASK_BYTES = 4 << 20


def read_mask(stored: StoredFace) -> NDArray[np.uint8] | None:
    """The mask of a crop, (h, w) uint8, 255 where the face is hidden; None where none was drawn.

    Raises:
        MediaError: it cannot be read, or is not as large as the crop.
    """
    if stored.mask_path is None:
        return None
    size = (stored.crop_size_px, stored.crop_size_px)
    try:
        data = read_bounded(stored.mask_path, LARGEST_MASK_BYTES, follow=False)
        header = check_size(data)
        if (header.height_px, header.width_px) != size:
            raise ValueError(f"it has {header.width_px} x {header.height_px} px, not {stored.crop_size_px}")
        return np.ascontiguousarray(decode_image(data)[..., 0])
    except (OSError, ValueError) as error:
        raise MediaError(
            f"{stored.mask_path} is not a mask that can be read ({error})",
            "restore a copy of the faceset, or draw the mask anew in the review",
        ) from error


def hidden_in(stored: StoredFace, crop_from_frame: Matrix, size_px: int) -> NDArray[np.uint8] | None:
    """Where a face is hidden in a square crop of its frame.

    Args:
        stored: of a faceset.
        crop_from_frame: (2, 3) similarity, as of `FaceSquare.crop_from_frame`.
        size_px: side of the crop.

    Returns:
        (size, size) uint8, 255 where it is hidden; None where no mask was drawn.

    Raises:
        MediaError: the mask cannot be read.
    """
    mask = read_mask(stored)
    if mask is None:
        return None
    matrix = chained(crop_from_frame, inverse(stored.crop_from_frame)).astype(np.float64)
    part, matrix = averaged(mask, matrix)
    warped = cv2.warpAffine(part, matrix, (size_px, size_px), flags=cv2.INTER_LINEAR)
    return np.asarray(warped, np.uint8)
