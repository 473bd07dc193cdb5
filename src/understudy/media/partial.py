"""Decoded pictures that become RGB only where somebody looks, and change only where somebody draws."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from understudy.core.chroma import Site
from understudy.core.picture import Picture, Planes, WholePicture, shrunk, some_pixels
from understudy.core.types import Image, Mask
from understudy.media.chroma_site import chroma_site
from understudy.media.colour import ColourTags, ToRgb
from understudy.media.image_picture import drawn_on
from understudy.media.planes import EDITABLE, PlaneEditor
from understudy.media.rotation import Orientation

_GRID_PX = 32  # parts start and end on it, so that few differ, for each of which FFmpeg prepares itself
_MARGIN_PX = 8  # chroma is interpolated between neighbours, which a part's border does not have
_MORE = 0.2  # of a part, converted on each side: the next one asked for is about there, and larger
_PLANAR = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12"})
_KEPT = 32  # preparations that a thread keeps

_Box = tuple[int, int, int, int]  # x0, y0, x1, y1


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialFrame:
    """A `core.types.Frame` whose picture is converted only where somebody looks."""

    index: int
    pts: int
    time_base: Fraction
    image: Picture

    @property
    def time_s(self) -> Fraction:
        """Presentation time in seconds, exact."""
        return self.pts * self.time_base


class PartsToRgb:
    """Converts parts of the decoded pictures of one video, pixel for pixel as `ToRgb` converts the whole.

    Any thread may use it.
    """

    def __init__(self, tags: ColourTags, orientation: Orientation, *, width_px: int, height_px: int) -> None:
        """Fix the tags, the orientation and the coded size."""
        # the guess of a missing tag depends on the whole picture's height
        self._tags = replace(tags, matrix=tags.matrix_for(height_px))
        self.orientation, self.size = orientation, (width_px, height_px)
        self._editors: dict[str, PlaneEditor] = {}
        self._own = threading.local()  # FFmpeg's preparations are one thread's

    def editor(self, picture: av.VideoFrame) -> PlaneEditor | None:
        """What changes pictures like one; None where these become RGB as a whole."""
        pixel_format = picture.format.name
        if pixel_format not in EDITABLE:
            return None
        if pixel_format not in self._editors:
            self._editors[pixel_format] = PlaneEditor(self._tags, pixel_format, chroma_site(picture))
        return self._editors[pixel_format]

    def resized(self, picture: av.VideoFrame, size: tuple[int, int]) -> Image:
        """All of a picture at a coded size of (width, height), upright."""
        return self.orientation.upright(self._prepared.converter(size)(picture))

    def part(self, picture: av.VideoFrame, box: _Box) -> Image:
        """What is in a box of the upright picture."""
        width, height = self.size
        x0, y0, x1, y1 = self.orientation.coded_box(box, width, height)
        left, top = (max(0, low - _MARGIN_PX) // _GRID_PX * _GRID_PX for low in (x0, y0))
        right = min(width, -(-(x1 + _MARGIN_PX) // _GRID_PX) * _GRID_PX)
        bottom = min(height, -(-(y1 + _MARGIN_PX) // _GRID_PX) * _GRID_PX)
        cropped = self._prepared.crop(picture, (left, top, right, bottom))
        pixels = self._prepared.converter((right - left, bottom - top))(cropped)
        return self.orientation.upright(pixels[y0 - top : y1 - top, x0 - left : x1 - left])

    def again(self, picture: av.VideoFrame) -> av.VideoFrame:
        """The same decoded picture once more; no pixel is copied until one of them is to be changed."""
        return self._prepared.crop(picture, (0, 0, picture.width, picture.height))

    @property
    def _prepared(self) -> _Prepared:
        if not hasattr(self._own, "prepared"):
            self._own.prepared = _Prepared(self._tags)
        return self._own.prepared


class _Prepared:
    """What FFmpeg has made ready for some sizes and boxes."""

    def __init__(self, tags: ColourTags) -> None:
        def converter(size: tuple[int, int]) -> ToRgb:
            return ToRgb(tags, width_px=size[0], height_px=size[1])

        self.converter = lru_cache(_KEPT)(converter)
        self._graph = lru_cache(_KEPT)(_crop_graph)

    def crop(self, picture: av.VideoFrame, box: _Box) -> av.VideoFrame:
        """A box of a decoded picture, or all of it once more; no pixel is copied."""
        graph = self._graph(picture.width, picture.height, picture.format.name, box)
        graph.push(picture)
        cropped = graph.pull()
        assert isinstance(cropped, av.VideoFrame)
        return cropped


def _crop_graph(width_px: int, height_px: int, pixel_format: str, box: _Box) -> Graph:
    # by a filter, because a frame made anew would not say where its chroma lies
    graph = Graph()
    source = graph.add_buffer(
        width=width_px, height=height_px, format=av.VideoFormat(pixel_format), time_base=Fraction(1, 1000)
    )
    x0, y0, x1, y1 = box
    crop = graph.add("crop", f"w={x1 - x0}:h={y1 - y0}:x={x0}:y={y0}:exact=1")
    sink = graph.add("buffersink")
    source.link_to(crop)
    crop.link_to(sink)
    graph.configure()
    return graph


class DecodedPicture:
    """One decoded picture, see `core.picture.Picture`."""

    def __init__(self, picture: av.VideoFrame, to_rgb: PartsToRgb) -> None:
        """Look at a picture that its decoder will not change."""
        self._decoded, self._to_rgb = picture, to_rgb
        self.width_px, self.height_px = to_rgb.orientation.upright_size(*to_rgb.size)
        self._parts: list[tuple[_Box, Image]] = []
        self._whole: WholePicture | None = None
        # where its size changes within the video; and where chroma samples do not fill it exactly, which
        # stretches those of the whole but not those of a part
        if (picture.width, picture.height) != to_rgb.size or not _is_filled(picture):
            self._whole = WholePicture(self.whole())
            self._editor = None
        else:
            self._editor = to_rgb.editor(picture)

    def copy(self) -> DecodedPicture:
        """The same picture, to be changed on its own."""
        copy = DecodedPicture(self._to_rgb.again(self._decoded), self._to_rgb)
        copy._parts, copy._whole = list(self._parts), self._whole
        return copy

    def whole(self) -> Image:
        """All of it, converted at the first call."""
        if self._whole is None:
            self._whole = WholePicture(self._to_rgb.resized(self._decoded, self._to_rgb.size))
        return self._whole.whole()

    def part(self, x0: int, y0: int, x1: int, y1: int) -> Image:
        """A view of a part that has been converted, if need be now."""
        if self._whole is not None:
            return self._whole.part(x0, y0, x1, y1)
        for (left, top, right, bottom), image in self._parts:
            if left <= x0 and top <= y0 and x1 <= right and y1 <= bottom:
                return image[y0 - top : y1 - top, x0 - left : x1 - left]
        more_x, more_y = int((x1 - x0) * _MORE), int((y1 - y0) * _MORE)
        left, right = max(0, x0 - more_x), min(self.width_px, x1 + more_x)
        top, bottom = max(0, y0 - more_y), min(self.height_px, y1 + more_y)
        box = (left, top, right, bottom)
        self._parts.append((box, self._to_rgb.part(self._decoded, box)))
        return self.part(x0, y0, x1, y1)

    def resized(self, width_px: int, height_px: int) -> Image:
        """All of it at another size."""
        if self._whole is not None or width_px * height_px > self.width_px * self.height_px:
            return WholePicture(self.whole()).resized(width_px, height_px)
        coded = self._to_rgb.orientation.upright_size(width_px, height_px)
        return self._to_rgb.resized(self._decoded, coded)

    def planes(self) -> Planes | None:
        """What it is stored as; None where it is turned, or not stored as 8 bits of luma and chroma."""
        orientation = self._to_rgb.orientation
        if self._editor is None or orientation.rotation_deg or orientation.is_mirrored:
            return None
        return self._editor.planes(self._decoded)

    @property
    def coded(self) -> av.VideoFrame | None:
        """The picture as it was decoded, and changed by `put`; None where it is only known as RGB."""
        return self._decoded if self._editor is not None else None

    @property
    def editable_grid_px(self) -> tuple[int, int]:
        """Columns and rows of the upright picture that boxes of `put` must start and end on."""
        if self._editor is None:
            return 1, 1
        return self._to_rgb.orientation.upright_size(*self._editor.grid_px)

    @property
    def chroma_site(self) -> Site:
        """Where samples of chroma lie in the upright picture, among the pixels of `editable_grid_px`."""
        if self._editor is None:
            return 0.0, 0.0
        return self._to_rgb.orientation.upright_place(self._editor.site, self._editor.grid_px)

    def put(self, x0: int, y0: int, after: NDArray[np.float32], weight: Mask) -> None:
        """Change a part of the picture; what was given out of it before stays as it is.

        Args:
            x0: first column.
            y0: first row.
            after: (h, w, 3) float32 RGB in [0, 1]; the part starts and ends on `editable_grid_px`.
            weight: (h, w) float32 in [0, 1], how much of it is new; where it is 0 nothing changes.
        """
        if self._editor is None:
            self._whole = WholePicture(drawn_on(self.whole(), x0, y0, after, weight))
            return
        height, width = weight.shape
        before = self.part(x0, y0, x0 + width, y0 + height)
        coded = self._to_rgb.orientation.coded
        box = self._opened(x0, y0, weight)
        self._editor.put(self._decoded, box, coded(before), coded(after), coded(weight))

    def stored(self, rgb: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the picture holds of colours, as `PlaneEditor.stored`; only where `coded` is not None."""
        assert self._editor is not None
        return self._editor.stored(rgb)

    def mix(
        self,
        x0: int,
        y0: int,
        luma: Mask,
        chroma: NDArray[np.float32],
        weight: Mask,
        chroma_weight: Mask | None = None,
    ) -> None:
        """As `put`, of what is known as `stored` numbers; see `PlaneEditor.mix`."""
        assert self._editor is not None
        coded = self._to_rgb.orientation.coded
        box = self._opened(x0, y0, weight)
        coarse = None if chroma_weight is None else coded(chroma_weight)
        self._editor.mix(self._decoded, box, coded(luma), coded(chroma), coded(weight), coarse)

    def _opened(self, x0: int, y0: int, weight: Mask) -> _Box:
        """Where a part lies in the coded picture, which may be changed now."""
        height, width = weight.shape
        self._decoded.make_writable()  # its decoder may still look at it for the next pictures
        self._parts, self._whole = [], None
        return self._to_rgb.orientation.coded_box((x0, y0, x0 + width, y0 + height), *self._to_rgb.size)

    def thumbnail(self, side_px: int) -> NDArray[np.float32]:
        """Of some of the luma, where there is a plane of it."""
        if self._decoded.format.name not in _PLANAR:
            return WholePicture(self.resized(4 * side_px, 4 * side_px)).thumbnail(side_px)
        luma = self._decoded.planes[0]
        rows = np.frombuffer(memoryview(luma), np.uint8).reshape(luma.height, luma.line_size)[:, : luma.width]
        return shrunk(self._to_rgb.orientation.upright(some_pixels(rows, side_px)), side_px)


def _is_filled(picture: av.VideoFrame) -> bool:
    """Whether each chroma sample of a picture stands for as many pixels as every other."""
    across, down = 16 // picture.format.chroma_width(16), 16 // picture.format.chroma_height(16)
    return picture.width % across == 0 and picture.height % down == 0
