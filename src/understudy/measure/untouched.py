"""Whether anything outside the mask was changed."""

from __future__ import annotations

import numpy as np

from understudy.core.types import Image, Mask


def largest_change_outside(before: Image, after: Image, mask: Mask) -> int:
    """Largest absolute difference of two frames where the mask is 0.

    Args:
        before: (h, w, 3) RGB uint8, the target's frame.
        after: (h, w, 3) RGB uint8, the frame with the face pasted in, before encoding.
        mask: (h, w) float32, the mask in frame pixels.

    Returns:
        Grey levels, 0 to 255; 0 where the mask covers everything.

    Raises:
        ValueError: frames or mask of different size.
    """
    if before.shape != after.shape or before.shape[:2] != mask.shape:
        raise ValueError(f"sizes differ: {before.shape}, {after.shape}, mask {mask.shape}")
    outside = mask == 0
    if not outside.any():
        return 0
    return int(np.abs(before[outside].astype(np.int16) - after[outside]).max())
