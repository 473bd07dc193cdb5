"""Colour tags of footage, and pixels between YUV and RGB: the one place that guesses a missing tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from understudy.core.chroma import Site, at_sites
from understudy.core.errors import MediaError
from understudy.core.types import Image
from understudy.media.alpha import over_white
from understudy.media.chroma_site import USUAL_SITE
from understudy.media.tone_map import HLG, PQ, ToneMap, tone_map_of

UNSPECIFIED = 2  # code of matrix, primaries and transfer
BT709, SMPTE170M = 1, 6
LIMITED_RANGE, FULL_RANGE = 1, 2

# H.273 matrix codes that swscale knows, to its own numbers
_SWS_FROM_H273 = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}

Depth = TypeVar("Depth", np.uint8, np.uint16)

_GREY_BITS = {"gray": 8, "gray9le": 9, "gray10le": 10, "gray12le": 12, "gray14le": 14, "gray16le": 16}

_RGB_FROM_GBR = np.array([[0.0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]])

# swscale makes these to planes of RGB in half the time, with the same results where sizes are even
_BY_PLANES = frozenset(
    {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12"}
    | {"yuv420p10le", "yuv422p10le", "yuv444p10le"}
)

# Without both flags swscale takes shortcuts that darken every pixel by one step.
_TO_RGB = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourTags:
    """How a video file says its numbers become colours, as written in the file.

    Args:
        matrix: YUV matrix, code of ITU-T H.273 (1 is BT.709, 5 and 6 are BT.601, 2 is unspecified).
        primaries: colour primaries, code of H.273.
        transfer: transfer characteristic, code of H.273.
        range: 0 unspecified, 1 limited (16 to 235), 2 full (0 to 255).
    """

    matrix: int = UNSPECIFIED
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    range: int = 0

    def matrix_for(self, coded_height_px: int) -> int:
        """The matrix to compute with, H.273: the tag, or what players take where there is none.

        Players take BT.709 from 720 lines up and BT.601 below.
        """
        if self.matrix in _SWS_FROM_H273:
            return self.matrix
        return BT709 if coded_height_px >= 720 else SMPTE170M

    @property
    def is_hdr(self) -> bool:
        """Whether the transfer is one of high dynamic range, PQ or HLG."""
        return self.transfer in (PQ, HLG)

    @property
    def written(self) -> ColourTags:
        """The tags for what is encoded from pictures of `ToRgb`: those of SDR where it has tone-mapped."""
        if self.is_hdr:
            return ColourTags(matrix=BT709, primaries=BT709, transfer=BT709, range=LIMITED_RANGE)
        return replace(self, matrix=self.matrix if self.matrix in _SWS_FROM_H273 else UNSPECIFIED)

    @property
    def is_full_range(self) -> bool:
        """Whether luma fills 0 to 255; an unspecified range is limited, as in players."""
        return self.range == FULL_RANGE


class ToRgb:
    """Converts decoded pictures of one video to RGB: HDR tone-mapped, transparency laid over white."""

    def __init__(self, tags: ColourTags, *, width_px: int, height_px: int) -> None:
        """Fix the tags and the size of what comes out; a picture of another size is scaled to it."""
        self._sws_matrix = _SWS_FROM_H273[tags.matrix_for(height_px)]
        self._range = ColorRange.JPEG if tags.is_full_range else ColorRange.MPEG
        self._is_limited = tags.range == LIMITED_RANGE
        self._size = (width_px, height_px)
        self._is_even = width_px % 2 == height_px % 2 == 0
        self._reformatter = VideoReformatter()
        self._tone_map = tone_map_of(tags.transfer) if tags.is_hdr else None
        self._deep_rgb_from_yuv = _deep_matrix(tags.matrix_for(height_px), is_full_range=tags.is_full_range)

    def __call__(self, picture: av.VideoFrame) -> Image:
        """Convert one picture, in any pixel format, to (h, w, 3) RGB uint8 of its own, not rotated.

        Raises:
            MediaError: FFmpeg cannot convert such pictures, or not so large ones.
        """
        try:
            return self._shown(picture)
        except (FFmpegError, OSError, ValueError) as error:
            raise MediaError(
                f"pictures of {picture.width} x {picture.height} px {picture.format.name} cannot be shown",
                "convert the footage with another program",
            ) from error

    def _shown(self, picture: av.VideoFrame) -> Image:
        name = picture.format.name
        if self._tone_map is not None:
            return self._tone_mapped(picture, self._tone_map)
        if name in _GREY_BITS:
            return self._grey(picture)
        if has_alpha(name):
            return over_white(np.asarray(self._reformat(picture, "rgba").to_ndarray(), np.uint8))
        if name in _BY_PLANES and (picture.width, picture.height) == self._size and self._is_even:
            return _interleaved(self._reformat(picture, "gbrp"))
        rgb = self._reformat(picture, "rgb24")
        pixels = np.ascontiguousarray(rgb.to_ndarray(), np.uint8)
        # what the decoder itself made it may still need for the next pictures
        return pixels.copy() if rgb is picture else pixels

    def _tone_mapped(self, picture: av.VideoFrame, tone_map: ToneMap) -> Image:
        if picture.format.is_rgb:
            return tone_map(_planes(self._reformat(picture, "gbrp16le"), np.uint16), _RGB_FROM_GBR)
        # not to RGB by swscale, which makes deep pictures darker by up to one grey level of the result
        deep = self._reformatter.reformat(
            picture,
            *self._size,
            "yuv444p16le",
            interpolation=_TO_RGB,
            src_color_range=self._range,
            dst_color_range=self._range,
            threads=1,
        )
        return tone_map(_planes(deep, np.uint16), self._deep_rgb_from_yuv)

    def _reformat(self, picture: av.VideoFrame, name: str) -> av.VideoFrame:
        """Bring a picture to the size that comes out and to an RGB format."""
        width, height = self._size
        if picture.format.is_rgb or picture.format.name == "pal8":
            # no matrix applies, and naming one would make swscale think that the picture is YUV
            return self._reformatter.reformat(picture, width, height, name, interpolation=_TO_RGB, threads=1)
        return self._reformatter.reformat(
            picture,
            width,
            height,
            name,
            src_colorspace=self._sws_matrix,
            dst_colorspace=self._sws_matrix,
            interpolation=_TO_RGB,
            src_color_range=self._range,
            dst_color_range=ColorRange.JPEG,
            threads=1,
        )

    def _grey(self, picture: av.VideoFrame) -> Image:
        """By a table, because swscale takes grey for full range whatever the tag, and rounds deep grey up.

        Without a tag it is full range, as in players.
        """
        if (picture.width, picture.height) != self._size:
            picture = self._reformatter.reformat(
                picture, *self._size, picture.format.name, interpolation=_TO_RGB
            )
        table = _grey_table(_GREY_BITS[picture.format.name], is_limited=self._is_limited)
        grey = table[np.asarray(picture.to_ndarray(), np.uint16)]
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


class FromRgb:
    """Converts RGB images to pictures for an encoder, the inverse of `ToRgb` with the same tags."""

    def __init__(
        self, tags: ColourTags, *, height_px: int, pixel_format: str, site: Site = USUAL_SITE
    ) -> None:
        """Fix what pictures are like.

        Args:
            tags: of the video.
            height_px: coded height, for the guess of a missing tag.
            pixel_format: yuv420p, of images with even sides, or yuv444p.
            site: of yuv420p, where its samples of chroma lie.
        """
        self.pixel_format, self._site = pixel_format, site
        matrix = tags.matrix_for(height_px)
        self._sws_matrix = _SWS_FROM_H273[matrix]
        self._reformatter = VideoReformatter()
        self._full_yuv_from_rgb = full_range_matrix(matrix) if tags.is_full_range else None

    def __call__(self, image: Image) -> av.VideoFrame:
        """Convert (h, w, 3) RGB uint8 to a picture of the same size."""
        if self._full_yuv_from_rgb is not None:
            # by OpenCV, because swscale cuts full-range chroma off instead of rounding it
            yuv = np.asarray(cv2.transform(image, self._full_yuv_from_rgb), np.uint8)
            return self._stored(list(cv2.split(yuv)))
        whole = self._reformatter.reformat(
            av.VideoFrame.from_ndarray(image, format="rgb24"),
            format="yuv444p",
            src_colorspace=self._sws_matrix,
            dst_colorspace=self._sws_matrix,
            interpolation=Interpolation.ACCURATE_RND,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )
        return whole if self.pixel_format == "yuv444p" else self._stored(_planes(whole, np.uint8))

    def _stored(self, planes: Sequence[NDArray[Any]]) -> av.VideoFrame:
        """A picture of (h, w) uint8 planes of Y, Cb and Cr, which may share chroma."""
        if self.pixel_format == "yuv444p":
            return av.VideoFrame.from_ndarray(np.stack(planes), format="yuv444p")
        height, width = planes[0].shape
        # not in whole numbers: rounding means of a few up would shift the colours
        chroma = at_sites(np.dstack(planes[1:]).astype(np.float32), (2, 2), self._site)
        coarse = np.rint(chroma).astype(np.uint8).transpose(2, 0, 1)
        flat = np.concatenate([planes[0].reshape(-1), coarse.reshape(-1)])
        return av.VideoFrame.from_ndarray(flat.reshape(height * 3 // 2, width), format="yuv420p")


def _interleaved(gbrp: av.VideoFrame) -> Image:
    green, blue, red = _planes(gbrp, np.uint8)
    return np.asarray(cv2.merge([red, green, blue]), np.uint8)


def _planes(picture: av.VideoFrame, kind: type[Depth]) -> list[NDArray[Depth]]:
    """(h, w) views of the three planes of a picture."""
    return [
        np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)[:, : plane.width]
        for plane in picture.planes
    ]


@cache
def has_alpha(format_name: str) -> bool:
    """Whether pictures of a pixel format may be transparent."""
    parts = av.VideoFormat(format_name).components
    return format_name == "pal8" or any(part.is_alpha for part in parts)


@cache
def _grey_table(bits: int, *, is_limited: bool) -> NDArray[np.uint8]:
    """8-bit grey level of each stored number."""
    dark, light = (16 << bits - 8, 235 << bits - 8) if is_limited else (0, (1 << bits) - 1)
    levels = np.round((np.arange(1 << bits) - dark) * (255 / (light - dark)))
    return np.clip(levels, 0, 255).astype(np.uint8)


def _deep_matrix(h273: int, *, is_full_range: bool) -> NDArray[np.float64]:
    """(3, 4) matrix and offset from YUV of 16 bits to RGB, 0 to 65535."""
    rgb_from_yuv = np.linalg.inv(full_range_matrix(h273)[:, :3])
    black, luma, chroma = (0, 255, 255) if is_full_range else (16, 219, 224)
    scaled = rgb_from_yuv * (65535 / 256 / np.array([luma, chroma, chroma]))
    return np.column_stack([scaled, scaled @ (-256.0 * np.array([black, 128, 128]))])


def full_range_matrix(h273: int) -> NDArray[np.float64]:
    """(3, 4) matrix and offset from RGB to full-range YUV, both 0 to 255.

    Reference:
        ITU-T H.273, equations 35 to 40 and table 4.
    """
    kr, kb = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 7: (0.212, 0.087), 9: (0.2627, 0.0593)}.get(
        9 if h273 == 10 else h273, (0.299, 0.114)
    )
    luma = np.array([kr, 1 - kr - kb, kb])
    blue = (np.array([0, 0, 1]) - luma) / (2 * (1 - kb))
    red = (np.array([1, 0, 0]) - luma) / (2 * (1 - kr))
    return np.column_stack([np.stack([luma, blue, red]), [0, 128, 128]])
