"""The plain blend: a linear mix by the mask's weight."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from understudy.compositing.blend_parts import FloatImage, applied, check_arguments, check_share
from understudy.core.types import Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Feather:
    """Mix linearly: `before + strength * weight * (face - before)`.

    Args:
        strength: 0 leaves the window as it is, 1 shows the face fully.
    """

    strength: float = 1.0

    def __post_init__(self) -> None:
        """Check the range."""
        check_share("strength", self.strength)

    def __call__(self, before: FloatImage, face: FloatImage, weight: Mask) -> FloatImage:
        """Blend; arguments and result as of `blend_parts.Blend`."""
        check_arguments(before, face, weight)
        return applied(
            before, np.asarray(cv2.subtract(face, before), np.float32), weight * np.float32(self.strength)
        )
