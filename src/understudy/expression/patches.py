"""Small parts of a picture: cut out, moved, put back under a soft outline."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Mask, Matrix

_SUBPIXEL = 4  # bits
_FINER = 4  # pixels in one, to draw soft borders

_Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle of whole pixels; it may reach beyond a picture."""

    left: int
    top: int
    width: int
    height: int

    @classmethod
    def around(cls, points_px: NDArray[np.floating], margin: int) -> Box:
        """The smallest with (n, 2) points and a margin."""
        left, top = (np.floor(points_px.min(axis=0)).astype(int) - margin).tolist()
        right, bottom = (np.ceil(points_px.max(axis=0)).astype(int) + margin + 1).tolist()
        return cls(left=left, top=top, width=right - left, height=bottom - top)

    @property
    def corner(self) -> _Floats:
        """(2,) of the first pixel."""
        return np.array([self.left, self.top], np.float32)

    def within(self, picture: Image) -> Box | None:
        """The part of it inside a picture, None where there is none."""
        height, width = picture.shape[:2]
        left, top = max(self.left, 0), max(self.top, 0)
        right, bottom = min(self.left + self.width, width), min(self.top + self.height, height)
        if right <= left or bottom <= top:
            return None
        return Box(left=left, top=top, width=right - left, height=bottom - top)

    def cut(self, picture: Image) -> Image:
        """The (height, width, 3) pixels of a picture; its border goes on beyond it."""
        height, width = picture.shape[:2]
        y = np.clip(np.arange(self.top, self.top + self.height), 0, height - 1)
        x = np.clip(np.arange(self.left, self.left + self.width), 0, width - 1)
        return picture[y[:, None], x]


def outlined(points_px: NDArray[np.floating], shape: tuple[int, ...], soft_px: float = 0.0) -> Mask:
    """(h, w) how much of each pixel lies inside (n, 2) points around an area; nothing where it is flat."""
    height, width = shape[:2]
    drawn = np.zeros((height * _FINER, width * _FINER), np.uint8)
    # the centre of the first pixel lies in the middle of its finer ones
    fixed = np.round(((points_px + 0.5) * _FINER - 0.5) * (1 << _SUBPIXEL)).astype(np.int32)
    cv2.fillPoly(drawn, [fixed], 255, cv2.LINE_8, _SUBPIXEL)
    # its border, which is drawn too, taken off again
    drawn = cv2.erode(drawn, np.ones((2, 2), np.uint8), borderType=cv2.BORDER_REPLICATE)
    mask = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft_px) if soft_px else mask, np.float32)


def lined(points_px: NDArray[np.floating], shape: tuple[int, ...], deviation_px: float) -> Mask:
    """(h, w) a soft line through (n, 2) points, 1 where it is strongest."""
    drawn = np.zeros(shape[:2], np.uint8)
    fixed = np.round(points_px * (1 << _SUBPIXEL)).astype(np.int32)
    cv2.polylines(drawn, [fixed], False, 255, max(1, round(deviation_px)), cv2.LINE_AA, _SUBPIXEL)
    soft = cv2.GaussianBlur(drawn.astype(np.float32), (0, 0), deviation_px, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(soft / max(float(soft.max()), 1e-6), np.float32)


def warped(
    part: _Floats, home: Box, now_from_photo: Matrix, box: Box,
    shift: NDArray[np.floating] | None = None, *, empty: bool = False,
) -> _Floats:  # fmt: skip
    """A part of the photo as it is seen in a box of the picture.

    Args:
        part: (h, w, c) float32, c up to 4.
        home: where in the photo it lies.
        now_from_photo: (2, 3).
        box: of which pixels.
        shift: (2,) by which it is moved before, photo pixels.
        empty: beyond its border there is nothing; else the border goes on.
    """
    linear = now_from_photo[:, :2]
    start = home.corner + (0 if shift is None else shift)
    matrix = np.column_stack([linear, linear @ start + now_from_photo[:, 2] - box.corner])
    out = cv2.warpAffine(
        part, matrix.astype(np.float64), (box.width, box.height), flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT if empty else cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return np.asarray(out, np.float32)


def blended(picture: Image, box: Box, part: _Floats, mask: Mask) -> None:
    """Put a (h, w, 3) part, 0 to 255, over a box of a picture, by how much a (h, w) mask says; in place."""
    place = picture[box.top : box.top + box.height, box.left : box.left + box.width]
    mixed = place + mask[..., None] * (part - place)
    place[:] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
