"""Change a part of a decoded picture where it lies: in its own planes, at its own depth.

What is not changed is never converted: it keeps its bits, and a face costs what its own pixels cost.
"""

from __future__ import annotations

from functools import cache

import av
import cv2
import numpy as np
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from understudy.core.types import Image, Mask
from understudy.media.colour import ColourTags, full_range_matrix
from understudy.media.tone_map import signal_of

EDITABLE = frozenset(
    {f"yuv{chroma}p" for chroma in (420, 422, 444)}
    | {f"yuvj{chroma}p" for chroma in (420, 422, 444)}
    | {f"yuv{chroma}p{bits}le" for chroma in (420, 422, 444) for bits in (9, 10, 12, 14, 16)}
)

_Floats = NDArray[np.float32]
_Plane = NDArray[np.uint8] | NDArray[np.uint16]
_Box = tuple[int, int, int, int]  # x0, y0, x1, y1


class PlaneEditor:
    """Puts RGB into the decoded pictures of one video.

    Args:
        tags: of the video, its matrix known.
        pixel_format: of its pictures, one of `EDITABLE`.
    """

    def __init__(self, tags: ColourTags, pixel_format: str) -> None:
        """Prepare the way from RGB to what is stored."""
        kind = av.VideoFormat(pixel_format)
        bits = kind.components[0].bits
        self._type = np.uint8 if bits == 8 else np.uint16
        self._most = float((1 << bits) - 1)
        self._across, self._down = (
            16 // length for length in (kind.chroma_width(16), kind.chroma_height(16))
        )
        is_full_range = tags.is_full_range or pixel_format.startswith("yuvj")
        self._yuv_from_rgb = _stored_matrix(tags.matrix, bits, is_full_range=is_full_range)
        self._hdr = tags.transfer if tags.is_hdr else None

    @property
    def grid_px(self) -> tuple[int, int]:
        """Columns and rows that share a chroma sample."""
        return self._across, self._down

    def put(self, picture: av.VideoFrame, box: _Box, before: Image, after: _Floats, weight: Mask) -> None:
        """Replace what a box of a picture shows.

        A stored number n becomes (1 - w) n + M(after) - (1 - w) M(before), M being the way from RGB to it and
        w the weight: the deep or coarse original where little is changed, the new alone where all is.

        Args:
            picture: coded, not turned; its memory is changed, so its decoder must not need it any more.
            box: x0, y0, x1, y1 in it, on whole chroma samples, see `grid_px`.
            before: (h, w, 3) RGB uint8, what `ToRgb` makes of the box.
            after: (h, w, 3) float32 RGB in [0, 1], what is to be seen there.
            weight: (h, w) float32 in [0, 1], how much of it is new. Nothing changes where it is 0: neither
                a luma sample there, nor a chroma sample that a pixel there is made with.
        """
        old, new = self._signal(before.astype(np.float32) / np.float32(255)), self._signal(after)
        touched = (weight > 0).view(np.uint8)
        luma = self._yuv_from_rgb[:1]
        self._mix(picture.planes[0], box, luma, old, new, weight, touched > 0)
        if (self._across, self._down) != (1, 1):
            size = (weight.shape[1] // self._across, weight.shape[0] // self._down)
            old, new, weight = (_averaged(each, size) for each in (old, new, weight))
            # whole only where all its pixels are touched, and all its neighbours, between which it is blended
            share = np.asarray(
                cv2.resize(touched * np.uint8(255), size, interpolation=cv2.INTER_AREA), np.uint8
            )
            whole = cv2.erode((share == 255).view(np.uint8), np.ones((3, 3), np.uint8), borderValue=1)
            touched = np.asarray(whole, np.uint8)
        x0, y0, x1, y1 = box
        coarse = (x0 // self._across, y0 // self._down, x1 // self._across, y1 // self._down)
        for number in (1, 2):
            row = self._yuv_from_rgb[number : number + 1]
            self._mix(picture.planes[number], coarse, row, old, new, weight, touched > 0)

    def _signal(self, rgb: _Floats) -> _Floats:
        """R'G'B' as it is stored, of R'G'B' as SDR shows it; both in [0, 1]."""
        return rgb if self._hdr is None else signal_of(self._hdr, rgb)

    def _mix(
        self,
        plane: VideoPlane,
        box: _Box,
        row: NDArray[np.float64],
        old: _Floats,
        new: _Floats,
        weight: Mask,
        touched: NDArray[np.bool_],
    ) -> None:
        x0, y0, x1, y1 = box
        stored = np.frombuffer(memoryview(plane), self._type).reshape(plane.height, -1)[y0:y1, x0:x1]
        kept = 1 - weight
        was, will = (np.asarray(cv2.transform(each, row), np.float32) for each in (old, new))
        mixed = kept * (stored.astype(np.float32) - was) + will
        rounded = np.clip(np.rint(mixed), 0, self._most).astype(self._type)
        np.copyto(stored, rounded, where=touched)


def _averaged(picture: _Floats, size: tuple[int, int]) -> _Floats:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


@cache
def _stored_matrix(h273: int, bits: int, *, is_full_range: bool) -> NDArray[np.float64]:
    """(3, 4) matrix and offset from R'G'B' in [0, 1] to stored numbers.

    Reference:
        ITU-T H.273, equations 23 to 31.
    """
    unit = full_range_matrix(h273)[:, :3]  # rows of Y, Cb, Cr; these in [-0.5, 0.5]
    step = 1 << bits - 8
    if is_full_range:
        scale, offset = np.full(3, float((1 << bits) - 1)), np.array([0, 128, 128]) * step
    else:
        scale, offset = np.array([219, 224, 224]) * step, np.array([16, 128, 128]) * step
    return np.column_stack([unit * scale[:, None], offset])
