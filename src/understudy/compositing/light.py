"""The target's light on a drawn face: its coarsest band, which nobody's likeness is in."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from understudy.compositing.blend_parts import FloatImage
from understudy.compositing.blend_pyramid import coarse_part, levels_for
from understudy.core.types import Image, Mask

_LOOKED_AT_PX = 64  # side of the crop that the light is found in


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetLight:
    """Give a drawn face what is coarse in the target's: light from the side, a red cheek, a shadow.

    It is the coarse half of `blend_pyramid.Pyramid`, done on the crop, which is a fraction of a frame's
    pixels and of its work; the finer bands pass over by the mask alone.

    Args:
        cells: what is coarser than so many pixels across the face is the target's.

    Reference:
        Naruniec et al., High-Resolution Neural Face Swapping for Visual Effects, EGSR 2020, where the
        coarse levels of a pyramid are the target's.
    """

    cells: float = 5.0

    def __post_init__(self) -> None:
        """Check the range."""
        if self.cells < 1:
            raise ValueError(f"need cells >= 1, got {self.cells}")

    def given(self, drawn: FloatImage, target: Image, mask: Mask) -> FloatImage:
        """A drawn face in the target's light.

        Args:
            drawn: (s, s, 3) float32 RGB in [0, 1].
            target: (s, s, 3) uint8 RGB, the same crop of the target.
            mask: (s, s) float32 in [0, 1], where the face is shown: what lies elsewhere has no say.

        Returns:
            (s, s, 3) float32 in [0, 1].

        Raises:
            ValueError: the three differ in size.
        """
        if drawn.shape != target.shape or drawn.shape[:2] != mask.shape:
            shapes = f"drawn {drawn.shape}, target {target.shape} and mask {mask.shape}"
            raise ValueError(f"{shapes} differ in size")
        if not mask.any():
            return drawn
        # what is coarse shows in a few pixels, at a fraction of the work
        few = (min(_LOOKED_AT_PX, drawn.shape[1]), min(_LOOKED_AT_PX, drawn.shape[0]))
        pictures = (target, mask, drawn)
        seen, share, own = (cv2.resize(one, few, interpolation=cv2.INTER_AREA) for one in pictures)
        share = np.asarray(share, np.float32)
        change = np.asarray(cv2.addWeighted(seen, 1 / 255, own, -1, 0, dtype=cv2.CV_32F), np.float32)
        coarse = coarse_part(change, share, levels_for(share, self.cells))
        light = cv2.resize(coarse, drawn.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        lit = cv2.add(drawn, light, dst=light)
        return np.asarray(np.clip(lit, 0, 1, out=lit), np.float32)
