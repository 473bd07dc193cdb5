"""Transparency, which no later step knows: pictures are laid over white."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image


def over_white(rgba: NDArray[np.generic]) -> Image:
    """Lay (h, w, 4) RGBA, 8 or 16 bits, colours not multiplied by alpha, over white: (h, w, 3) RGB uint8."""
    most = 65535 if rgba.dtype == np.uint16 else 255
    if most == 255 and np.asarray(rgba[..., 3], np.uint8).min() == 255:
        return np.ascontiguousarray(rgba[..., :3], np.uint8)
    scaled = rgba.astype(np.float32) / most
    colour, alpha = scaled[..., :3], scaled[..., 3:]
    return np.ascontiguousarray(np.round((colour * alpha + (1 - alpha)) * 255), np.uint8)
