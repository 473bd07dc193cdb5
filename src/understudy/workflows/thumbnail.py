"""A small picture of footage, for those who look at a manifest."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from understudy.core.errors import MediaError
from understudy.core.types import Image
from understudy.media.footage import open_footage
from understudy.media.images import encode_jpeg

_LONGEST_PX = 320
_QUALITY = 80
_FRAMES = 25  # films begin with black
_SHOWS = 32.0  # grey levels (standard deviation) from which a picture surely shows something


def thumbnail_of(path: Path) -> bytes | None:
    """A JPEG of at most 320 px a side: the first frame that shows something, else the one that shows most.

    Args:
        path: any footage.

    Returns:
        None where it shows nothing that can be decoded.
    """
    best, shows = None, -1.0
    try:
        with open_footage(path) as footage:
            for frame in islice(footage, _FRAMES):
                small = _shrunk(frame.image)
                if (spread := float(small.std())) > shows:
                    best, shows = small, spread
                if shows >= _SHOWS:
                    break
    except MediaError:
        return None
    return None if best is None else encode_jpeg(best, _QUALITY)


def _shrunk(image: Image) -> Image:
    height, width = image.shape[:2]
    scale = min(1.0, _LONGEST_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
