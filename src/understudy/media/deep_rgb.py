"""Decoded pictures of more than 8 bits as RGB of their depth: the signal as stored, not tone-mapped."""

from __future__ import annotations

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from understudy.media.colour import ColourTags, full_range_matrix

# of chroma alone, which swscale does with all bits; its way from deep YUV to RGB darkens
_UPSAMPLE = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


class ToDeepRgb:
    """Converts decoded YUV pictures of 9 to 16 bits of one video; one thread's.

    Args:
        tags: of the video.
        coded_height_px: for the guess of a missing matrix.
    """

    def __init__(self, tags: ColourTags, coded_height_px: int) -> None:
        """Invert the matrix."""
        self._rgb_from_yuv = np.linalg.inv(full_range_matrix(tags.matrix_for(coded_height_px))[:, :3])
        self._is_full_range = tags.is_full_range
        self._reformatter = VideoReformatter()

    def __call__(self, picture: av.VideoFrame) -> NDArray[np.float32]:
        """Convert one picture.

        Returns:
            (h, w, 3) float32 R'G'B' in [0, 1] with the transfer and the primaries of the video, not rotated.

        Reference:
            ITU-T H.273, equations 20 to 31.
        """
        bits = picture.format.components[0].bits
        whole = self._reformatter.reformat(
            picture, format=f"yuv444p{bits}le", interpolation=_UPSAMPLE, threads=1
        )
        planes = [
            np.frombuffer(memoryview(plane), np.uint16).reshape(plane.height, -1)[:, : plane.width]
            for plane in whole.planes
        ]
        more, most = float(1 << bits - 8), float((1 << bits) - 1)
        black, luma, chroma = (
            (0.0, most, most) if self._is_full_range else (16 * more, 219 * more, 224 * more)
        )
        scales = np.array([luma, chroma, chroma])
        offsets = np.array([black, 128 * more, 128 * more])
        scaled = self._rgb_from_yuv / scales
        yuv = cv2.merge(planes).astype(np.float32)
        rgb = cv2.transform(yuv, np.column_stack([scaled, -scaled @ offsets]))
        return np.asarray(np.clip(rgb, 0, 1), np.float32)
