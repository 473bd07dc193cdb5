"""Closer looks at parts of a face: where they lie, and how they are cut out of a network's features.

The landmark network's file leaves these two steps to operators of its own, which no interpreter here has.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the face that is looked at again: the lips, or an eye with its brow.

    Args:
        points: (n,) intp, the mesh points that lie on it, in the order in which they are refined.
        left: mesh point; from there to `right` runs the part's own horizontal.
        right: mesh point.
        margin: sides of the part's box over those of the points' own, (2,) float32.
    """

    points: NDArray[np.intp]
    left: int
    right: int
    margin: _Floats

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> Part:
        """Read what the file tells its operator "Landmarks2TransformMatrix"."""
        return cls(
            points=np.array(options["subset_idxs"], np.intp),
            left=int(options["left_rotation_idx"]),
            right=int(options["right_rotation_idx"]),
            margin=np.array([options["scale_x"], options["scale_y"]], np.float32),
        )

    def locate(self, mesh_xy: _Floats) -> Box:
        """The box around the part, turned with it; (468, 2) points of the whole face."""
        along = mesh_xy[self.right] - mesh_xy[self.left]
        angle = np.arctan2(along[1], along[0])
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[cos, -sin], [sin, cos]], np.float32)
        upright = mesh_xy[self.points] @ turn
        low, high = upright.min(axis=0), upright.max(axis=0)
        return Box(sides=turn * ((high - low) * self.margin), centre=turn @ ((low + high) / 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A turned rectangle.

    Args:
        sides: (2, 2) float32, its horizontal and its vertical side as columns.
        centre: (2,) float32.
    """

    sides: _Floats
    centre: _Floats

    def carry(self, unit_xy: _Floats) -> _Floats:
        """Carry (n, 2) points of the unit square, its corner (0, 0), into the box."""
        return ((unit_xy - np.float32(0.5)) @ self.sides.T + self.centre).astype(np.float32, copy=False)


def sample(features_HWC: _Floats, boxes: list[Box], cells: int) -> _Floats:
    """Cut boxes out of a feature map, bilinearly.

    Args:
        features_HWC: (h, w, c) float32.
        boxes: in units of the map, whose corner is (0, 0); what lies beyond it is as its border.
        cells: side of what is cut out.

    Returns:
        (n, cells, cells, c) float32.

    Convention:
        Values stand at the centres of cells, in the map and in what is cut out.
    """
    at = np.concatenate([box.carry(_cell_centres(cells)) for box in boxes]) - np.float32(0.5)
    at = at.reshape(len(boxes) * cells, cells, 2)
    x, y = np.ascontiguousarray(at[..., 0]), np.ascontiguousarray(at[..., 1])
    found = cv2.remap(features_HWC, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32).reshape(len(boxes), cells, cells, -1)


@cache
def _cell_centres(cells: int) -> _Floats:
    """(cells * cells, 2) points of the unit square, a row of cells after the other."""
    steps = ((np.arange(cells) + 0.5) / cells).astype(np.float32)
    return np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
