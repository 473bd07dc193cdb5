"""Some pictures of footage, from its beginning to its end, without decoding all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
from av.error import FFmpegError

from understudy.core.types import Image
from understudy.media.footage import ImageFootage, open_footage
from understudy.media.opening import open_container, video_stream_of

_SHORT = 750  # frames: decoding them all takes a second, and a coder may have put two keyframes into them


def glimpses(path: Path, most: int) -> Iterator[tuple[float, Image]]:
    """Pictures spread over footage: of a long video only such as can be decoded alone (keyframes).

    Args:
        path: any footage.
        most: how many, at most; at least 1.

    Yields:
        Seconds from the beginning, and (h, w, 3) RGB uint8. The first readable one at least; what is damaged
        is left out. Keyframes are as they are stored: not turned.

    Raises:
        MediaError: it cannot be read.
    """
    with open_footage(path) as footage:
        if isinstance(footage, ImageFootage):
            yield from footage.some(most)
            return
        duration_s, frames = footage.info.duration_s, footage.info.frames_hint
        if frames is not None and frames <= _SHORT:
            step = -(-frames // most)
            for number, frame in enumerate(footage.partial()):
                if number % step == 0:
                    yield (
                        float(frame.time_s),
                        frame.image.part(0, 0, frame.image.width_px, frame.image.height_px),
                    )
            return
        if (first := next(iter(footage), None)) is not None:
            yield 0.0, first.image
    length_s = float(duration_s or 0) or _last_s(path)
    yield from _keyframes(path, [length_s * number / most for number in range(1, most)])


def _last_s(path: Path) -> float:
    """When the last picture is shown, of a file that does not say how long it is: one that was streamed."""
    with closing(open_container(path)) as container:
        stream = video_stream_of(container, path)
        begin = last = stream.start_time or 0
        with suppress(FFmpegError):  # what is readable before the break
            for packet in container.demux(stream):
                last = max(last, packet.pts or last)
        return float((last - begin) * (stream.time_base or 0))


def _keyframes(path: Path, times_s: list[float]) -> Iterator[tuple[float, Image]]:
    with closing(open_container(path)) as container:
        stream = video_stream_of(container, path)
        stream.codec_context.skip_frame = "NONKEY"
        begin = stream.start_time or 0
        begin_s = last = float(begin * (stream.time_base or 0))  # that picture is known
        for time_s in times_s:
            try:
                container.seek(begin + int(time_s / (stream.time_base or 1)), stream=stream)
                frame = next(container.decode(stream), None)
                if frame is None or frame.pts is None or frame.time <= last:
                    continue  # the keyframe that was seen already, or nobody knows when it is shown
                last = frame.time
                yield last - begin_s, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            except (FFmpegError, ValueError):
                continue
