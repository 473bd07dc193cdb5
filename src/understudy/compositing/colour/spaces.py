"""Colour spaces in which colours are matched: CIE Lab and linear light, for lists of colours."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image

FloatImage = NDArray[np.float32]  # (h, w, 3), RGB in [0, 1]
Colours = NDArray[np.float32]  # (n, 3)


def lab_from_rgb(rgb: Colours) -> Colours:
    """CIE L*, a*, b* (D65) of (n, 3) sRGB colours in [0, 1]."""
    return np.asarray(cv2.cvtColor(rgb.astype(np.float32)[None], cv2.COLOR_RGB2LAB)[0], np.float32)


def rgb_from_lab(lab: Colours) -> Colours:
    """SRGB colours of (n, 3) L*, a*, b* (D65), clipped to [0, 1]."""
    rgb = cv2.cvtColor(lab.astype(np.float32)[None], cv2.COLOR_LAB2RGB)[0]
    return np.clip(np.asarray(rgb, np.float32), 0, 1)


def linear_from_rgb(rgb: Colours) -> Colours:
    """Linear light of sRGB colours, by the curve of IEC 61966-2-1."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0) + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


def rgb_from_linear(linear: Colours) -> Colours:
    """SRGB colours of linear light, clipped to [0, 1]."""
    light = np.clip(linear, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)


def as_float(image: Image | FloatImage | NDArray[np.generic]) -> FloatImage:
    """RGB as float32 in [0, 1]."""
    if image.dtype == np.uint8:
        return image.astype(np.float32) / np.float32(255)
    return image.astype(np.float32, copy=False)
