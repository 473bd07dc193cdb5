"""Interlaced clips: every frame woven of two moments, with the flags that say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

SIZE_PX = (192, 128)


def moment(half_frames: int) -> NDArray[np.uint8]:
    """(h, w, 3) picture of a pattern that moves 8 px to the right in half a frame."""
    y, x = np.mgrid[0 : SIZE_PX[1], 0 : SIZE_PX[0]].astype(np.float64)
    grey = 128 + 100 * np.sin(2 * np.pi * (x - 8 * half_frames) / 48) * np.cos(2 * np.pi * y / 64)
    return np.repeat(np.round(grey).astype(np.uint8)[..., None], 3, axis=2)


def woven(index: int, *, top_first: bool) -> NDArray[np.uint8]:
    """The lines of the first field from the frame's own moment, the others from half a frame later."""
    image, later = moment(2 * index), 1 if top_first else 0
    image[later::2] = moment(2 * index + 1)[later::2]
    return image


def make_interlaced(
    path: Path,
    codec: str,
    options: dict[str, str],
    *,
    frames: int = 8,
    pixel_format: str = "yuv420p",
    top_first: bool = True,
    images: Sequence[NDArray[np.uint8]] = (),
) -> Path:
    """Write a clip at 25 frames a second.

    Args:
        path: the file; its suffix chooses the container.
        codec: encoder.
        options: of the encoder, e.g. those that make it interlaced.
        frames: how many.
        pixel_format: stored pixel format.
        top_first: whether the upper line comes first.
        images: woven pictures to use instead.
    """
    pictures = images or [woven(index, top_first=top_first) for index in range(frames)]
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=25, width=width, height=height, pix_fmt=pixel_format)
        video.options = options
        for index, image in enumerate(pictures):
            frame = _frame(image, index, "tff" if top_first else "bff", pixel_format)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def flagged_frames(frames: int, is_woven: Callable[[int], bool]) -> Iterator[av.VideoFrame]:
    """Frames, woven and flagged interlaced where `is_woven` says so; the others show one moment."""
    for index in range(frames):
        if is_woven(index):
            yield _frame(woven(index, top_first=True), index, "tff", "yuv420p")
        else:
            yield _frame(moment(2 * index), index, "prog", "yuv420p")


def _frame(image: NDArray[np.uint8], index: int, flag: str, pixel_format: str) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=pixel_format)
    frame.pts, frame.time_base = index, Fraction(1, 25)
    # PyAV can set the flags of a frame by a filter only
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    graph.link_nodes(source, graph.add("setfield", f"mode={flag}"), graph.add("buffersink")).configure()
    graph.push(frame)
    return graph.pull()
