"""What every blend shares: its type, and how a change is applied without touching the rest."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Mask

FloatImage = NDArray[np.float32]  # (h, w, 3), RGB in [0, 1]
# Puts a drawn face into a window of a frame. It takes the window, the face on the same pixels and a (h, w)
# weight in [0, 1], how much of it is shown; where that is 0 the result is the window, bit for bit.
Blend = Callable[[FloatImage, FloatImage, Mask], FloatImage]


def check_arguments(before: FloatImage, face: FloatImage, weight: Mask) -> None:
    """Raise ValueError where a blend's three arrays do not fit together."""
    if before.shape != face.shape or before.shape[:2] != weight.shape or before.shape[2:] != (3,):
        raise ValueError(f"window {before.shape}, face {face.shape} and weight {weight.shape} do not fit")
    kinds = {before.dtype, face.dtype, weight.dtype}
    if kinds != {np.dtype(np.float32)}:
        raise ValueError(f"window, face and weight must be float32, got {sorted(map(str, kinds))}")


def check_share(name: str, value: float) -> None:
    """Raise ValueError where a setting is no share."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must lie in [0, 1], got {value}")


def tripled(plane: Mask) -> FloatImage:
    """(h, w) to (h, w, 3); a product with it is several times as fast as a broadcast one."""
    return np.asarray(cv2.merge([plane, plane, plane]), np.float32)


def applied(before: FloatImage, change: FloatImage, weight: Mask) -> FloatImage:
    """`before + weight * change`, in [0, 1]; where weight is 0 it is `before`, whatever the change is there.

    Overwrites `change`.
    """
    cv2.multiply(change, tripled(weight), dst=change)
    cv2.add(change, before, dst=change)
    np.clip(change, 0, 1, out=change)
    after = before.copy()
    cv2.copyTo(change, (weight > 0).view(np.uint8), after)
    return after
