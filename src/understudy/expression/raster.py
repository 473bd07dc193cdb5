"""Where pixels come from, when triangles have moved."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_SUBPIXEL = 4  # bits
_MARGIN = 2
_STEEPEST = 6.0  # pixels of the photo a pixel; a triangle squeezed further shows its middle

_Wide = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A grid of places in a picture: every `step`-th pixel from (left, top) on."""

    left: int
    top: int
    width: int
    height: int
    step: int = 1

    @classmethod
    def around(cls, points_px: NDArray[np.floating], width: int, height: int) -> Sheet | None:
        """Every pixel of a picture of that size that is near (n, 2) points; None where none is."""
        low = np.floor(points_px.min(axis=0)).astype(int) - _MARGIN
        high = np.ceil(points_px.max(axis=0)).astype(int) + _MARGIN + 1
        left, top = np.maximum(low, 0).tolist()
        right, bottom = np.minimum(high, (width, height)).tolist()
        if right <= left or bottom <= top:
            return None
        return cls(left=left, top=top, width=right - left, height=bottom - top)


def raster(
    before: _Wide, after: _Wide, faces: NDArray[np.intp], sheet: Sheet
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Where the places of a sheet come from when points have gone from one place to another.

    Args:
        before: (n, 2) points, pixels.
        after: (n, 2) where they are now.
        faces: (t, 3) which points span triangles; of several over a place the largest counts, so that the
            ragged borders of slivers do not show.
        sheet: of which places.

    Returns:
        (h, w, 2) float32 x, y; outside all triangles the place itself; and (h, w) int32 the number of the
        triangle from 1, 0 outside.
    """
    number = np.zeros((sheet.height, sheet.width), np.int32)
    scaled = (after - (sheet.left, sheet.top)) / sheet.step
    corners = scaled[faces]
    seen = (corners.max(axis=1) > -1).all(axis=1)
    seen &= (corners.min(axis=1) < (sheet.width, sheet.height)).all(axis=1)
    fixed = np.round(corners * (1 << _SUBPIXEL)).astype(np.int32)
    size = _doubled_area(after[faces]) * np.sign(_doubled_area(before[faces]))
    order = np.argsort(size, kind="stable")
    for at in order[seen[order]].tolist():
        cv2.fillConvexPoly(number, fixed[at], at + 1, cv2.LINE_8, _SUBPIXEL)
    matrices = np.empty((2, 3, len(faces) + 1), np.float32)
    matrices[:, :, 0] = np.eye(2, 3)
    matrices[:, :, 1:] = _affine(after[faces], before[faces])
    x = np.arange(sheet.width, dtype=np.float32) * sheet.step + sheet.left
    y = (np.arange(sheet.height, dtype=np.float32) * sheet.step + sheet.top)[:, None]
    place = np.empty((*number.shape, 2), np.float32)
    for axis, (a, b, c) in enumerate(matrices):
        place[..., axis] = np.take(a, number) * x + np.take(b, number) * y + np.take(c, number)
    return place, number


def _doubled_area(corners: _Wide) -> _Wide:
    (ax, ay), (bx, by) = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
    return ax * by - bx * ay


def _affine(here: _Wide, there: _Wide) -> NDArray[np.float64]:
    """(2, 3, t) matrices that carry (t, 3, 2) triangles onto others; a flat one goes to their middle."""
    (ax, ay), (bx, by) = (here[:, 1] - here[:, 0]).T, (here[:, 2] - here[:, 0]).T
    determinant = _doubled_area(here)
    share = 1 / np.where(np.abs(determinant) < 1e-9, 1e-9, determinant)
    out = np.empty((2, 3, len(here)))
    for axis in (0, 1):
        a, b = (there[:, k, axis] - there[:, 0, axis] for k in (1, 2))
        out[axis, 0] = (a * by - b * ay) * share
        out[axis, 1] = (b * ax - a * bx) * share
    out[:, :2, np.abs(out[:, :2]).max(axis=(0, 1)) > _STEEPEST] = 0
    middle_here, middle_there = here.mean(axis=1), there.mean(axis=1)
    for axis in (0, 1):
        out[axis, 2] = middle_there[:, axis] - (out[axis, :2] * middle_here.T).sum(axis=0)
    return out
