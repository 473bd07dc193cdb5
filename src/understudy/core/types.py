"""The array and record types that every layer shares."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]  # (h, w, 3), RGB
Mask = NDArray[np.float32]  # (h, w), in [0, 1]
Points = NDArray[np.float32]  # (n, 2) or (n, 3), (x, y[, z]) in pixels
Matrix = NDArray[np.float32]  # (2, 3), named b_from_a
Vector = NDArray[np.float32]  # (n,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One decoded picture with its presentation time.

    Args:
        index: position in the footage, from 0, in presentation order.
        pts: presentation time in units of `time_base`, exactly as the container states it.
        time_base: seconds a unit of `pts`.
        image: (h, w, 3) RGB uint8, upright (rotation metadata applied).
    """

    index: int
    pts: int
    time_base: Fraction
    image: Image

    @property
    def time_s(self) -> Fraction:
        """Presentation time in seconds, exact."""
        return self.pts * self.time_base
