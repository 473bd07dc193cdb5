"""Holes in pictures, filled in smoothly."""

from __future__ import annotations

import cv2
import numpy as np

from understudy.core.types import Image, Mask


def filled(photo: Image, known: Mask) -> Image:
    """A picture with what is not known filled in smoothly from all around.

    Args:
        photo: (h, w, 3) RGB uint8.
        known: (h, w) 1 where it is known, 0 where not.

    Reference:
        Gortler et al., The Lumigraph, SIGGRAPH 1996, section 3.4: pull and push.
    """
    levels = [(photo * known[..., None], known)]
    while max(levels[-1][1].shape) > 2:
        colour, weight = (cv2.pyrDown(level) for level in levels[-1])
        levels.append((np.asarray(colour, np.float32), np.asarray(weight, np.float32)))
    colour, weight = levels[-1]
    whole = colour / np.maximum(weight, 1e-4)[..., None]
    for colour, weight in reversed(levels[:-1]):
        size = (weight.shape[1], weight.shape[0])
        whole = cv2.resize(whole, size, interpolation=cv2.INTER_LINEAR)
        own = colour / np.maximum(weight, 1e-4)[..., None]
        share = np.clip(weight, 0, 1)[..., None]
        whole = share * own + (1 - share) * whole
    return np.clip(np.where(known[..., None] > 0, photo, whole) + 0.5, 0, 255).astype(np.uint8)
