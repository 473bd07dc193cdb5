"""The upright face of a stored crop."""

from __future__ import annotations

import numpy as np

from understudy.core.errors import MediaError
from understudy.core.types import Image
from understudy.faces.crop import STORED_COVERAGE, upright
from understudy.faces.faceset_crops import read_crop
from understudy.faces.faceset_records import StoredFace
from understudy.media.images import decode_image
from understudy.media.picture_header import check_size


def decode_crop(stored: StoredFace, shrink: int = 1) -> Image:
    """Read a crop as it is stored, (h, w, 3) RGB uint8; see `media.images.read_image`.

    Raises:
        MediaError: it cannot be read, or is not as large as its faceset says.
    """
    data = read_crop(stored.crop_path)
    try:
        size = check_size(data)
        if (size.width_px, size.height_px) != (stored.crop_size_px, stored.crop_size_px):
            raise ValueError(f"it has {size.width_px} x {size.height_px} px, not {stored.crop_size_px}")
        return decode_image(data, shrink)
    except ValueError as error:
        raise MediaError(
            f"{stored.crop_path} is not a crop that can be decoded ({error})", "restore a copy of the faceset"
        ) from error


def read_upright(stored: StoredFace, size_px: int, coverage: float = STORED_COVERAGE) -> Image:
    """Read a crop and cut the upright face out of it.

    Args:
        stored: of a faceset.
        size_px: side of the result.
        coverage: side of the result in units of the face square.

    Returns:
        (size, size, 3) RGB uint8.

    Raises:
        MediaError: the crop cannot be read.
    """
    crop_from_frame = stored.crop_from_frame.copy()
    stored_px = stored.square.side_px * float(np.hypot(*crop_from_frame[0, :2]))
    # as `cut` would do with the whole picture
    shrink = max(ratio for ratio in (1, 2, 4, 8) if ratio == 1 or ratio * size_px / coverage <= stored_px)
    crop_from_frame[:, :2] /= shrink
    crop_from_frame[:, 2] = (crop_from_frame[:, 2] + 0.5) / shrink - 0.5
    return upright(decode_crop(stored, shrink), crop_from_frame, stored.square, size_px, coverage)
