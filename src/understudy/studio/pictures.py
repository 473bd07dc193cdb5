"""Pictures as pages get them: in the answer itself, and marked where a network drew them."""

from __future__ import annotations

import base64

import cv2
import numpy as np

from understudy.core.types import Image
from understudy.media.images import encode_jpeg
from understudy.media.picture_tags import tagged
from understudy.workflows.marks import PICTURE_TAGS

_LONGEST_PX = 1280


def jpeg(image: Image, *, is_drawn: bool, longest_px: int = _LONGEST_PX, quality: int = 92) -> bytes:
    """A picture as a JPEG.

    Args:
        image: (h, w, 3) or (h, w) uint8.
        is_drawn: whether it shows what a network drew: then its tags say so, wherever it is saved to.
        longest_px: of its sides, at most.
        quality: of the JPEG.
    """
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=2)
    scale = longest_px / max(image.shape[:2])
    if scale < 1:
        image = np.asarray(
            cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
        )
    data = encode_jpeg(image, quality)
    return tagged(data, PICTURE_TAGS) if is_drawn else data


def data_uri(data: bytes) -> str:
    """The bytes of a JPEG as an address that holds them."""
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()


def shown(image: Image, *, is_drawn: bool = False, longest_px: int = _LONGEST_PX) -> str:
    """A picture as an address that holds it; see `jpeg`."""
    return data_uri(jpeg(image, is_drawn=is_drawn, longest_px=longest_px))
