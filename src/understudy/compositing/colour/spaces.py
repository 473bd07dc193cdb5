"""Colour spaces in which colours are matched: CIE Lab and RGB, for lists of colours."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image

FloatImage = NDArray[np.float32]  # (h, w, 3), RGB in [0, 1]
Colours = NDArray[np.float32]  # (n, 3)


def lab_from_rgb(rgb: Colours) -> Colours:
    """CIE L*, a*, b* (D65) of (n, 3) sRGB colours in [0, 1]."""
    return np.asarray(
        cv2.cvtColor(np.ascontiguousarray(rgb, np.float32)[None], cv2.COLOR_RGB2LAB)[0], np.float32
    )


def rgb_from_lab(lab: Colours) -> Colours:
    """SRGB colours of (n, 3) L*, a*, b* (D65), clipped to [0, 1]."""
    rgb = cv2.cvtColor(np.ascontiguousarray(lab, np.float32)[None], cv2.COLOR_LAB2RGB)[0]
    return np.clip(np.asarray(rgb, np.float32), 0, 1, out=rgb)


def through_rgb(change: Callable[[Colours], Colours]) -> Callable[[Colours], Colours]:
    """A change of RGB as a change of Lab colours; what leaves [0, 1] is clipped."""

    def lab_change(lab: Colours) -> Colours:
        rgb = rgb_from_lab(lab)
        changed = change(rgb)
        # as a difference, so that a colour that RGB cannot show stays when nothing changes
        moved = lab_from_rgb(np.clip(changed, 0, 1, out=changed))
        moved -= lab_from_rgb(rgb)
        # channel by channel in memory, as what is worked out of it next runs along channels
        return lab + np.asfortranarray(moved)

    return lab_change


def as_float(image: Image | FloatImage | NDArray[np.generic]) -> FloatImage:
    """RGB as float32 in [0, 1]."""
    if image.dtype == np.uint8:
        return image.astype(np.float32) / np.float32(255)
    return image.astype(np.float32, copy=False)
