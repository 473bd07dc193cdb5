"""Change a part of a decoded picture where it lies: in its own planes, at its own depth.

What is not changed is never converted: it keeps its bits, and a face costs what its own pixels cost.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import av
import cv2
import numpy as np
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from understudy.core.chroma import Site, at_sites, middle_of
from understudy.core.picture import Planes
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
        site: where their samples of chroma lie; in the middle of their pixels where None.
    """

    def __init__(self, tags: ColourTags, pixel_format: str, site: Site | None = None) -> None:
        """Prepare the way from RGB to what is stored."""
        self._pixel_format = pixel_format
        kind = av.VideoFormat(pixel_format)
        bits = kind.components[0].bits
        self._type = np.uint8 if bits == 8 else np.uint16
        self._most = float((1 << bits) - 1)
        self._across, self._down = (
            16 // length for length in (kind.chroma_width(16), kind.chroma_height(16))
        )
        self.site = site or middle_of(self.grid_px)
        is_full_range = tags.is_full_range or pixel_format.startswith("yuvj")
        self._yuv_from_rgb = _stored_matrix(tags.matrix, bits, is_full_range=is_full_range)
        unit = np.linalg.inv(self._yuv_from_rgb[:, :3]) * 255
        self._rgb_from_yuv = np.column_stack([unit, -unit @ self._yuv_from_rgb[:, 3]]).astype(np.float64)
        self._hdr = tags.transfer if tags.is_hdr else None

    @property
    def grid_px(self) -> tuple[int, int]:
        """Columns and rows that share a chroma sample."""
        return self._across, self._down

    def planes(self, picture: av.VideoFrame) -> Planes | None:
        """What a picture holds; None where it is HDR or deeper than 8 bits: RGB is not a matrix away."""
        if self._type is not np.uint8 or self._hdr is not None:
            return None
        luma, *chroma = (_rows(plane, self._type)[:, : plane.width] for plane in picture.planes)
        return Planes(
            luma=np.asarray(luma, np.uint8),
            chroma=(np.asarray(chroma[0], np.uint8), np.asarray(chroma[1], np.uint8)),
            grid_px=self.grid_px,
            first_chroma_px=self.site,
            rgb_from_yuv=self._rgb_from_yuv,
        )

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
        new, old = self.stored(after), self.stored(before.astype(np.float32) / np.float32(255))
        new -= (1 - weight)[..., None] * old
        luma, chroma = cv2.extractChannel(new, 0), np.ascontiguousarray(new[..., 1:])
        chroma = at_sites(chroma, self.grid_px, self.site)
        self.mix(picture, box, np.asarray(luma, np.float32), chroma, weight)

    def stored(self, rgb: _Floats) -> _Floats:
        """What pictures hold of colours: R'G'B' of SDR in [0, 1] to numbers of Y', Cb, Cr, not rounded."""
        signal = rgb if self._hdr is None else signal_of(self._hdr, rgb)
        return np.asarray(cv2.transform(signal, self._yuv_from_rgb), np.float32)

    def picture_of(self, image: Image) -> av.VideoFrame:
        """A new picture that shows (h, w, 3) RGB uint8, its sides multiples of `grid_px`."""
        height, width = image.shape[:2]
        picture = av.VideoFrame(width, height, self._pixel_format)
        blank, all_of_it = np.zeros_like(image), np.ones((height, width), np.float32)
        self.put(picture, (0, 0, width, height), blank, image.astype(np.float32) / np.float32(255), all_of_it)
        return picture

    def mix(
        self,
        picture: av.VideoFrame,
        box: _Box,
        luma: Mask,
        chroma: _Floats,
        weight: Mask,
        chroma_weight: Mask | None = None,
    ) -> None:
        """Add to what a box of a picture holds, of which as much is taken away as `weight` says.

        Args:
            picture: as of `put`.
            box: likewise.
            luma: (h, w) float32, in stored numbers, already multiplied by the weight.
            chroma: (h / down, w / across, 2) float32, likewise.
            weight: as of `put`.
            chroma_weight: (h / down, w / across) float32, that at the samples of chroma where it is known.
        """
        touched, left = (weight > 0).view(np.uint8), 1 - weight
        planes = picture.planes  # made anew whenever one asks
        self._add(planes[0], box, luma, left, touched)
        if (self._across, self._down) != (1, 1):
            size = (chroma.shape[1], chroma.shape[0])
            coarse_weight = chroma_weight
            if coarse_weight is None:
                coarse_weight = at_sites(weight, self.grid_px, self.site)
            left = 1 - coarse_weight
            # whole only where all its pixels are touched, and all its neighbours, between which it is blended
            share = cv2.resize(touched * np.uint8(255), size, interpolation=cv2.INTER_AREA)
            whole = (np.asarray(share) == 255).view(np.uint8)
            touched = np.asarray(cv2.erode(whole, np.ones((3, 3), np.uint8), borderValue=1), np.uint8)
        x0, y0, x1, y1 = box
        coarse = (x0 // self._across, y0 // self._down, x1 // self._across, y1 // self._down)
        for number in (0, 1):
            values = np.asarray(cv2.extractChannel(chroma, number), np.float32)
            self._add(planes[1 + number], coarse, values, left, touched)

    def _add(
        self, plane: VideoPlane, box: _Box, values: Mask, left: Mask, touched: NDArray[np.uint8]
    ) -> None:
        """Add values to what is left of a plane's own, where it is touched."""
        x0, y0, x1, y1 = box
        stored = _rows(plane, self._type)[y0:y1, x0:x1]
        kept = cv2.multiply(stored, left, dtype=cv2.CV_32F)
        if self._type is np.uint8:
            mixed = cv2.add(kept, values, dtype=cv2.CV_8U)  # rounded, and cut off at 0 and 255
        else:
            mixed = np.clip(np.rint(kept + values), 0, self._most).astype(self._type)
        cv2.copyTo(mixed, touched, stored)


def _rows(plane: VideoPlane, kind: type[np.uint8] | type[np.uint16]) -> NDArray[Any]:
    """(height, columns) of a plane's memory, some of them beyond its width."""
    return np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)


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
