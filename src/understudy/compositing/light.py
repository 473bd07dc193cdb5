"""The target's light on a drawn face: its coarsest bands, which nobody's likeness is in."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from understudy.compositing.blend_parts import FloatImage, tripled
from understudy.compositing.blend_pyramid import coarse_part, levels_for, raised, weighted_means
from understudy.core.types import Image, Mask

_LOOKED_AT_PX = 64  # side of the crop that the light is found in


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetLight:
    """Give a drawn face what is coarse in the target's: light from the side, a red cheek, a shadow.

    Towards the mask's border finer bands are the target's, too, so that they are alike where the two meet.
    It is the coarse half of `blend_pyramid.Pyramid`, done on the crop, which is a fraction of a frame's
    pixels and of its work; the finest bands pass over by the mask alone.

    Args:
        cells: what is coarser than so many pixels across the face is the target's.
        rim_cells: the same at the mask's border.

    Reference:
        Naruniec et al., High-Resolution Neural Face Swapping for Visual Effects, EGSR 2020, where the
        coarse levels of a pyramid are the target's.
    """

    cells: float = 5.0
    rim_cells: float = 20.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 1 <= self.cells <= self.rim_cells:
            raise ValueError(f"need 1 <= cells <= rim_cells, got {self}")

    def given(self, drawn: FloatImage, target: Image, mask: Mask) -> FloatImage:
        """A drawn face in the target's light.

        Args:
            drawn: (s, s, 3) float32 RGB in [0, 1].
            target: (s, s, 3) uint8 RGB, the same crop of the target.
            mask: (s, s) float32 in [0, 1], where the face is shown: what lies elsewhere has no say.

        Returns:
            (s, s, 3) float32 in [0, 1]; as drawn outside of the rectangle around the mask.

        Raises:
            ValueError: the three differ in size.
        """
        if drawn.shape != target.shape or drawn.shape[:2] != mask.shape:
            shapes = f"drawn {drawn.shape}, target {target.shape} and mask {mask.shape}"
            raise ValueError(f"{shapes} differ in size")
        x, y, width, height = cv2.boundingRect((mask > 0).view(np.uint8))
        if width == 0:
            return drawn
        # what is coarse shows in a few pixels, at a fraction of the work
        few = (min(_LOOKED_AT_PX, drawn.shape[1]), min(_LOOKED_AT_PX, drawn.shape[0]))
        pictures = (target, mask, drawn)
        seen, share, own = (cv2.resize(one, few, interpolation=cv2.INTER_AREA) for one in pictures)
        share = np.asarray(share, np.float32)
        change = np.asarray(cv2.addWeighted(seen, 1 / 255, own, -1, 0, dtype=cv2.CV_32F), np.float32)
        light = cv2.resize(self.of(change, share), drawn.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        part, lit = np.s_[y : y + height, x : x + width], drawn.copy()
        np.clip(cv2.add(drawn[part], light[part]), 0, 1, out=lit[part])
        return lit

    def of(self, change: FloatImage, mask: Mask) -> FloatImage:
        """What of the difference between two faces is light.

        Args:
            change: (h, w, 3) float32, the target less the drawn face.
            mask: (h, w) float32 in [0, 1], where the face is shown; not 0 everywhere.

        Returns:
            (h, w, 3) float32.
        """
        levels = levels_for(mask, self.cells)
        rim_levels = levels_for(mask, self.rim_cells)
        if rim_levels >= levels:
            return coarse_part(change, mask, levels)
        (coarse, _), (fine, share) = weighted_means(change, mask, levels, rim_levels)
        coarse = raised(coarse, fine.shape, levels - rim_levels)
        # how far inside: about 0 on the border, 1 from about one pixel of the coarse band inward
        reach = 2.0 ** (levels - rim_levels - 1)
        around = cv2.GaussianBlur(share, (0, 0), reach, borderType=cv2.BORDER_CONSTANT)
        inside = tripled(np.clip(2 * np.asarray(around, np.float32) - 1, 0, 1))
        cv2.subtract(coarse, fine, dst=coarse)
        cv2.add(fine, cv2.multiply(coarse, inside, dst=coarse), dst=fine)
        return raised(fine, change.shape, rim_levels)
