"""A picture that can be looked at in parts, so that what nobody looks at need not be made."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Planes:
    """The samples that a picture is stored as; they are not to be changed.

    Args:
        luma: (h, w) uint8.
        chroma: blue and red, (h / down, w / across) uint8 each.
        grid_px: across and down, columns and rows that share a sample of chroma.
        first_chroma_px: where in the picture the centre of the first one lies, x and y.
        rgb_from_yuv: (3, 4) matrix and offset, all numbers 0 to 255.
    """

    luma: NDArray[np.uint8]
    chroma: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    grid_px: tuple[int, int]
    first_chroma_px: tuple[float, float]
    rgb_from_yuv: NDArray[np.float64]


class Picture(Protocol):
    """An upright RGB picture. What it gives may be shared: it is not to be changed."""

    @property
    def width_px(self) -> int:
        """Columns."""
        ...

    @property
    def height_px(self) -> int:
        """Rows."""
        ...

    def whole(self) -> Image:
        """All of it, (h, w, 3) RGB uint8."""
        ...

    def part(self, x0: int, y0: int, x1: int, y1: int) -> Image:
        """Columns from x0 to before x1 and rows from y0 to before y1, at least one each, all inside."""
        ...

    def resized(self, width_px: int, height_px: int) -> Image:
        """All of it at another size; each pixel a mean where that is smaller."""
        ...

    def thumbnail(self, side_px: int) -> NDArray[np.float32]:
        """All of it as (side, side) grey levels, coarsely and quickly made."""
        ...


class WholePicture:
    """A picture that is there already."""

    def __init__(self, image: Image) -> None:
        """Look at an (h, w, 3) RGB uint8 image."""
        self._image = image
        self.height_px, self.width_px = int(image.shape[0]), int(image.shape[1])

    def whole(self) -> Image:
        """The image itself."""
        return self._image

    def part(self, x0: int, y0: int, x1: int, y1: int) -> Image:
        """A view of the image."""
        return self._image[y0:y1, x0:x1]

    def resized(self, width_px: int, height_px: int) -> Image:
        """Averaged where it becomes smaller, bilinear else."""
        is_smaller = width_px * height_px < self.width_px * self.height_px
        how = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
        return cast(Image, cv2.resize(self._image, (width_px, height_px), interpolation=how))

    def thumbnail(self, side_px: int) -> NDArray[np.float32]:
        """Of some pixels only."""
        grey = cv2.cvtColor(some_pixels(self._image, side_px), cv2.COLOR_RGB2GRAY)
        return shrunk(np.asarray(grey, np.uint8), side_px)


class Timed(Protocol):
    """Where a frame belongs, whatever its picture is."""

    @property
    def index(self) -> int:
        """Position in the footage, from 0, in presentation order."""
        ...

    @property
    def pts(self) -> int:
        """Presentation time in units of `time_base`, exactly as the container states it."""
        ...

    @property
    def time_base(self) -> Fraction:
        """Seconds a unit of `pts`."""
        ...


class AnyFrame(Timed, Protocol):
    """A `core.types.Frame`, or one whose picture is made only where somebody looks."""

    @property
    def image(self) -> Image | Picture:
        """What it shows."""
        ...


def as_picture(image: Image | Picture) -> Picture:
    """What can be looked at in parts, of either."""
    return WholePicture(image) if isinstance(image, np.ndarray) else image


def some_pixels(plane: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """Every so many-th row and column of (h, w, ...), enough for a thumbnail: at least 4 sides."""
    down, across = (max(1, length // (4 * side_px)) for length in plane.shape[:2])
    return np.ascontiguousarray(plane[down // 2 :: down, across // 2 :: across])


def shrunk(grey: NDArray[np.uint8], side_px: int) -> NDArray[np.float32]:
    """(side, side) means of an (h, w) grey picture."""
    small = cv2.resize(grey, (side_px, side_px), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)
