"""A change of colours, the same for every pixel, as a table that is quick to apply."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.compositing.colour.spaces import Colours, FloatImage, as_float
from understudy.core.types import Image, Mask

NODES = 17  # grid points an axis: 16 steps of 16 grey levels
_BLUE_STEPS = 129  # blue is looked up without interpolation, so its axis is made finer beforehand


def _grid() -> Colours:
    """(NODES^3, 3) colours of the grid points; blue varies slowest, red fastest."""
    axis = np.linspace(0, 1, NODES, dtype=np.float32)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    return np.stack([red, green, blue], axis=-1).reshape(-1, 3)


def _finer_blue() -> NDArray[np.float32]:
    """(_BLUE_STEPS, NODES) weights that interpolate linearly along blue."""
    at = np.linspace(0, NODES - 1, _BLUE_STEPS, dtype=np.float32)
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(NODES, dtype=np.float32)))


GRID = _grid()
_FINER_BLUE = _finer_blue()


@dataclass(frozen=True, slots=True)
class ColourMap:
    """What is added to each colour.

    Args:
        table: (_BLUE_STEPS * NODES, NODES, 3) float32: a sheet over red (columns) and green (rows) for
            each step of blue, one below the other. None changes nothing.
    """

    table: NDArray[np.float32] | None = None

    @classmethod
    def from_change(cls, change: Colours) -> ColourMap:
        """Make the map of what is added at each grid point.

        Args:
            change: (NODES^3, 3) float32, added to each colour of `GRID`.
        """
        if change.shape != GRID.shape:
            raise ValueError(f"need a change for each of {GRID.shape} grid colours, got {change.shape}")
        sheets = _FINER_BLUE @ change.astype(np.float32).reshape(NODES, -1)
        return cls(sheets.reshape(_BLUE_STEPS * NODES, NODES, 3))

    def towards(self, other: ColourMap, share: float) -> ColourMap:
        """A map between this one (share 0) and another (share 1)."""
        if share == 0 or self is other:
            return self
        ends = [
            (each.table, part) for each, part in ((self, 1 - share), (other, share)) if each.table is not None
        ]
        if not ends:
            return self
        table = sum(
            (table * np.float32(part) for table, part in ends[1:]), ends[0][0] * np.float32(ends[0][1])
        )
        return ColourMap(np.asarray(table, np.float32))

    def apply(self, image: Image | FloatImage, mask: Mask | None = None) -> FloatImage:
        """Change a picture's colours.

        Red and green are interpolated between grid points. Along blue the nearest of 129 steps is
        taken, which is less than a grey level off as long as contrast changes by less than a factor of two.

        Args:
            image: (h, w, 3) RGB, uint8 or float32 in [0, 1].
            mask: (h, w) float32; only the rectangle around its non-zero part is changed, which is
                faster. The whole image where None.

        Returns:
            (h, w, 3) float32 RGB in [0, 1]; `image` itself where nothing is to change and it is float32.
        """
        picture = as_float(image)
        if self.table is None:
            return picture
        if mask is None:
            return self._change(picture)
        x, y, width, height = cv2.boundingRect((mask > 0).view(np.uint8))
        if width == 0:
            return picture
        out = picture.copy() if picture is image else picture
        part = out[y : y + height, x : x + width]
        part[...] = self._change(part)
        return out

    def colours(self, rgb: Colours) -> Colours:
        """Change a list of colours.

        Args:
            rgb: (n, 3) float32 in [0, 1].

        Returns:
            (n, 3) float32 in [0, 1].
        """
        return self.apply(rgb[:, None])[:, 0]

    def _change(self, picture: FloatImage) -> FloatImage:
        assert self.table is not None
        column = picture[..., 0] * np.float32(NODES - 1)
        row = np.rint(picture[..., 2] * np.float32(_BLUE_STEPS - 1))
        row *= NODES
        row += picture[..., 1] * np.float32(NODES - 1)
        added = np.asarray(
            cv2.remap(self.table, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
        )
        added += picture
        return np.clip(added, 0, 1, out=added)
