"""The upright face of a stored crop."""

from __future__ import annotations

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
    return upright(read_image(stored.crop_path), stored.crop_from_frame, stored.square, size_px, coverage)
