"""A frame in which faces were drawn, whatever drew them."""

from __future__ import annotations

from dataclasses import dataclass

from understudy.core.types import Mask
from understudy.media.partial import PartialFrame

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A frame whose faces were replaced or moved.

    Args:
        frame: the changed one.
        replaced: the people whose faces were replaced, by name.
        matte: (h, w) float32 in [0, 1], how much of the frame is new; None where nobody asked for it.
        drawn: where faces were drawn: x0, y0, x1, y1 in its pixels, ends exclusive.
    """

    frame: PartialFrame
    replaced: tuple[str, ...] = ()
    matte: Mask | None = None
    drawn: tuple[Box, ...] = ()
