"""One frame as the content of an image file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from understudy.core.errors import MediaError
from understudy.core.types import Image
from understudy.media.colour import ToRgb
from understudy.media.deep_rgb import ToDeepRgb
from understudy.media.image_edit import edited
from understudy.media.info import VideoInfo
from understudy.media.stills import DEEP_SUFFIXES, chunks_of, colour_chunk, encode_still
from understudy.media.tone_map import signal_of

_Floats = NDArray[np.float32]


class StillMaker:
    """Makes the image files of one piece of footage; one thread's.

    Args:
        like: the footage.
        suffix: of the files, in small letters.
        texts: what they say besides.
        is_deep: whether they have 16 bits; of a video.
    """

    def __init__(self, like: VideoInfo, suffix: str, *, texts: Mapping[str, str], is_deep: bool) -> None:
        """Prepare nothing yet."""
        self._like, self._suffix, self._texts, self._is_deep = like, suffix, texts, is_deep
        # what is not deep has been tone-mapped
        self._chunks = colour_chunk(like.colour if is_deep else like.colour.written)
        size = {"width_px": like.coded_width_px, "height_px": like.coded_height_px}
        self._to_rgb = ToRgb(like.colour, **size)
        self._to_deep = ToDeepRgb(like.colour, like.coded_height_px)

    def of_coded(self, picture: av.VideoFrame) -> bytes:
        """Of a decoded picture."""
        upright = self._like.orientation.upright
        if self._is_deep:
            return self._encoded(_deep(upright(self._to_deep(picture))))
        return self._encoded(upright(self._to_rgb(picture)))

    def of_rgb(self, image: Image) -> bytes:
        """Of an upright picture that is only known as `VideoReader` gives it."""
        if not self._is_deep:
            return self._encoded(image)
        shown = image.astype(np.float32) / np.float32(255)
        colour = self._like.colour
        return self._encoded(_deep(signal_of(colour.transfer, shown) if colour.is_hdr else shown))

    def of_image(self, original: Path, image: Image) -> bytes:
        """Of an image file, and what became of what `read_image` shows of it.

        Raises:
            ValueError: the size is another one.
            MediaError: the file is gone.
        """
        try:
            data = original.read_bytes()
        except OSError as error:
            raise MediaError(
                f"{original} cannot be read ({error.strerror})", "check that it is there"
            ) from error
        pixels, is_changed = edited(data, image)
        if not is_changed and original.suffix.lower() == self._suffix:
            return data
        if self._suffix not in DEEP_SUFFIXES:
            return self._encoded(image)
        return encode_still(self._suffix, pixels, texts=self._texts, chunks=chunks_of(data))

    def of_grey(self, pixels: NDArray[Any]) -> bytes:
        """Of a mask, (h, w) uint8 or uint16."""
        if self._suffix not in DEEP_SUFFIXES and pixels.dtype != np.uint8:
            pixels = np.asarray(pixels >> 8, np.uint8)
        return encode_still(self._suffix, pixels, texts=self._texts)

    def _encoded(self, pixels: NDArray[Any]) -> bytes:
        return encode_still(self._suffix, pixels, texts=self._texts, chunks=self._chunks)


def _deep(rgb: _Floats) -> NDArray[np.uint16]:
    return np.rint(np.clip(rgb, 0, 1) * np.float32(65535)).astype(np.uint16)
