"""Where the samples of chroma lie that several pixels share."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from av.filter import Graph
from av.video.plane import VideoPlane
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from understudy.core.chroma import Site

_SIDE_PX = 16
_DARK, _LIGHT = 64, 192  # of 8 bits
USUAL_SITE: Site = (0.0, 0.5)
_UPSAMPLE = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


def chroma_site(picture: av.VideoFrame) -> Site:
    """Where samples lie, in pixels right of and below the first of those that share one: 0, 0.5 or 1.

    (0, 0.5) is what most 4:2:0 has (MPEG-2, H.264 and HEVC where nothing else is stated), (0.5, 0.5) the
    middle of four pixels (JPEG), (0, 0) that of 4:4:4 and of BT.2020 video that is stated to be so.

    PyAV does not tell what a picture says of it, so it is seen from how FFmpeg makes 4:4:4 of an edge.

    Args:
        picture: decoded, one of `planes.EDITABLE`; it stays as it is. Of one below 16 x 16 px, or with
            colours that FFmpeg cannot convert, the most usual place is given.
    """
    if min(picture.width, picture.height) < _SIDE_PX:
        return USUAL_SITE
    grid = (16 // picture.format.chroma_width(16), 16 // picture.format.chroma_height(16))
    small = _copied_corner(picture)
    bits = picture.format.components[0].bits
    unit = 1 << bits - 8
    for axis in (0, 1):
        stored = _samples(small.planes[1 + axis], bits)
        length = int(stored.shape[1 - axis])
        edge = np.where(np.arange(length) < length // 2, _DARK, _LIGHT) * unit
        stored[:] = edge if axis == 0 else edge[:, None]
    name = "yuv444p" if bits == 8 else f"yuv444p{bits}le"
    try:
        whole = VideoReformatter().reformat(small, format=name, interpolation=_UPSAMPLE)
    except (FFmpegError, OSError):  # colours of which it knows nothing; who shows the picture says so
        return USUAL_SITE
    middle = _SIDE_PX // 2
    # of the last pixel in front of the edge: half of the light where a sample lies on the first one
    places = ((1, middle, middle - 1), (2, middle - 1, middle))
    shares = [(_samples(whole.planes[n], bits)[y, x] / unit - _DARK) / (_LIGHT - _DARK) for n, y, x in places]
    across, down = (
        float(np.clip(round(2 * (1 - 2 * share)), 0, 2)) / 2 if length == 2 else 0.0
        for share, length in zip(shares, grid, strict=True)
    )
    return across, down


def _copied_corner(picture: av.VideoFrame) -> av.VideoFrame:
    """A copy of some of a picture, which says of its chroma what that says; one made anew would not."""
    graph = Graph()
    source = graph.add_buffer(
        width=picture.width, height=picture.height, format=picture.format, time_base=Fraction(1, 1000)
    )
    crop = graph.add("crop", f"w={_SIDE_PX}:h={_SIDE_PX}:x=0:y=0:exact=1")
    graph.link_nodes(source, crop, graph.add("buffersink")).configure()
    graph.push(picture)
    corner = graph.pull()
    assert isinstance(corner, av.VideoFrame)
    corner.make_writable()
    return corner


def _samples(plane: VideoPlane, bits: int) -> NDArray[Any]:
    kind = np.uint8 if bits == 8 else np.uint16
    return np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)[:, : plane.width]
