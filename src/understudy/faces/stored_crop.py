"""The upright face of a stored crop."""

from __future__ import annotations

import numpy as np

from understudy.core.types import Image
from understudy.faces.crop import STORED_COVERAGE, upright
from understudy.faces.faceset_records import StoredFace
from understudy.media.images import read_image


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
    return upright(read_image(stored.crop_path, shrink), crop_from_frame, stored.square, size_px, coverage)
