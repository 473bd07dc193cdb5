"""Display matrices of video files: how a coded picture is turned upright."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar, cast

import av
import cv2
import numpy as np
from av.sidedata.sidedata import SideData, Type
from numpy.typing import NDArray

from understudy.core.types import Image

Pixels = TypeVar("Pixels", Image, NDArray[np.float32])

_CV_CODES = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_ONE = 1 << 16  # display matrices are 16.16 fixed point, the last column 2.30


@dataclass(frozen=True, slots=True, kw_only=True)
class Orientation:
    """How the coded picture is brought upright: mirrored first where it is, then turned.

    Args:
        rotation_deg: clockwise turn, 0, 90, 180 or 270.
        is_mirrored: whether left and right are swapped before the turn.
    """

    rotation_deg: int = 0
    is_mirrored: bool = False

    def upright_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Width and height after turning."""
        return (height_px, width_px) if self.rotation_deg in (90, 270) else (width_px, height_px)

    def upright(self, image: Pixels) -> Pixels:
        """Bring a coded image upright; the image itself where nothing is to be done."""
        if self.is_mirrored:
            image = _mirrored(image)
        return _turned(image, self.rotation_deg) if self.rotation_deg else image

    def coded_box(
        self, box: tuple[int, int, int, int], width_px: int, height_px: int
    ) -> tuple[int, int, int, int]:
        """Where a box x0, y0, x1, y1 of the upright picture lies in the coded one, of that size."""
        x0, y0, x1, y1 = box
        if self.rotation_deg == 90:
            x0, y0, x1, y1 = y0, height_px - x1, y1, height_px - x0
        elif self.rotation_deg == 180:
            x0, y0, x1, y1 = width_px - x1, height_px - y1, width_px - x0, height_px - y0
        elif self.rotation_deg == 270:
            x0, y0, x1, y1 = width_px - y1, x0, width_px - y0, x1
        return (width_px - x1, y0, width_px - x0, y1) if self.is_mirrored else (x0, y0, x1, y1)

    def upright_place(self, place_px: tuple[float, float], size_px: tuple[int, int]) -> tuple[float, float]:
        """Where a place (x, y) of a coded part of (width, height) lies once that is upright.

        Convention:
            The centre of the top left pixel is (0, 0).
        """
        (x, y), (width, height) = place_px, size_px
        if self.is_mirrored:
            x = width - 1 - x
        if self.rotation_deg == 90:
            return height - 1 - y, x
        if self.rotation_deg == 180:
            return width - 1 - x, height - 1 - y
        return (y, width - 1 - x) if self.rotation_deg == 270 else (x, y)

    def coded(self, image: Pixels) -> Pixels:
        """Bring an upright image back to how it is coded: the inverse of `upright`."""
        if self.rotation_deg:
            image = _turned(image, 360 - self.rotation_deg)
        return _mirrored(image) if self.is_mirrored else image

    def display_matrix(self) -> tuple[int, ...]:
        """The 9 numbers that the container stores, row by row."""
        cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[self.rotation_deg]
        flip = -1 if self.is_mirrored else 1
        return (flip * cos * _ONE, flip * sin * _ONE, 0, -sin * _ONE, cos * _ONE, 0, 0, 0, 1 << 30)


def _mirrored(image: Pixels) -> Pixels:
    return cast("Pixels", np.ascontiguousarray(image[:, ::-1]))


def _turned(image: Pixels, clockwise_deg: int) -> Pixels:
    return cast("Pixels", cv2.rotate(image, _CV_CODES[clockwise_deg]))


def orientation_of(picture: av.VideoFrame) -> Orientation:
    """Read the orientation from the display matrix that came with a decoded picture.

    Convention:
        The matrix carries coded (x, y), y downward, to `(a x + c y, b x + d y)`.
    """
    matrix = _display_matrix_of(picture)
    if matrix is None:
        # the turn alone can be had even where another kind of side data keeps PyAV from listing any
        return Orientation(rotation_deg=round(-picture.rotation / 90) % 4 * 90)
    a, b, _, c, d = matrix[:5].astype(float)
    # mirroring leaves the second column alone: it is where "down" goes
    clockwise_deg = float(np.degrees(np.arctan2(-c, d)))
    return Orientation(rotation_deg=round(clockwise_deg / 90) % 4 * 90, is_mirrored=a * d - b * c < 0)


def _display_matrix_of(picture: av.VideoFrame) -> NDArray[np.int32] | None:
    try:
        # declared as a mapping of strings, but iterates its values
        listed = cast("Iterable[SideData]", picture.side_data)
        found = [data for data in listed if data.type == Type.DISPLAYMATRIX]
    except ValueError:  # a kind that PyAV does not know
        return None
    return np.frombuffer(bytes(found[0]), np.int32) if found else None
