"""Video: what FFmpeg makes of it, through our own reader."""

from __future__ import annotations

from contextlib import suppress

import av.logging

from targets.scratch import written
from understudy.core.errors import UnderstudyError
from understudy.media.probe import presentation_times, stream_spans
from understudy.media.reader import VideoReader

_FRAMES = 12

av.logging.set_level(None)


def check(data: bytes) -> None:
    """Read the first frames and all packets; the name says nothing."""
    path = written("footage.mp4", data)
    with suppress(UnderstudyError), VideoReader(path) as reader:
        for frame in reader.partial():
            assert frame.pts is not None
            frame.image.thumbnail(16)
            if frame.index % 5 == 0:
                frame.image.whole()
            if frame.index >= _FRAMES:
                break
    for look in (presentation_times, stream_spans):
        with suppress(UnderstudyError):
            look(path)
