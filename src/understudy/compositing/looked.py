"""A face in the footage beside itself as a model draws it: what lies before it is told from both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Mask, Points


class CutFace(Protocol):
    """A face cut out of footage; see `Looked`."""

    @property
    def crop(self) -> Image:
        """(s, s, 3) RGB uint8."""
        ...

    @property
    def hull(self) -> Mask:
        """(s, s) float32 in [0, 1]."""
        ...

    @property
    def landmarks_px(self) -> Points:
        """(468, 2) or (468, 3) in crop pixels."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Looked:
    """A face that is looked at closely.

    Args:
        crop: (s, s, 3) RGB uint8, the target's.
        reconstruction: (s, s, 3) float32 RGB in [0, 1], the same drawn as the target itself.
        reconstruction_mask: (s, s) float32 in [0, 1], where that is drawn.
        hull: (s, s) float32 in [0, 1], see `mask.face_hull_mask`.
        landmarks_px: (468, 2) or (468, 3) in crop pixels.

    Raises:
        ValueError: shapes that do not fit.
    """

    crop: Image
    reconstruction: NDArray[np.float32]
    reconstruction_mask: Mask
    hull: Mask
    landmarks_px: Points

    @classmethod
    def at(cls, face: CutFace, reconstruction: NDArray[np.float32], reconstruction_mask: Mask) -> Looked:
        """A face beside how it was drawn."""
        return cls(
            crop=face.crop,
            reconstruction=reconstruction,
            reconstruction_mask=reconstruction_mask,
            hull=face.hull,
            landmarks_px=face.landmarks_px,
        )

    def __post_init__(self) -> None:
        """Check the shapes."""
        mask, hull = self.reconstruction_mask.shape, self.hull.shape
        if not self.crop.shape == self.reconstruction.shape == (*hull, 3) == (*mask, 3):
            shapes = self.crop.shape, self.reconstruction.shape, mask, hull
            raise ValueError(f"need a crop, a reconstruction and masks of one size, got {shapes}")
