"""How work is spread over processor cores."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

import cv2

from understudy.media.info import VideoInfo

_QUEUED_BYTES = 48_000_000


@contextmanager
def single_threaded_opencv() -> Generator[None]:
    """Let OpenCV use the calling thread alone.

    Where decoding, finding and what follows have a thread each, OpenCV's own would only take turns
    with them.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


@contextmanager
def unsearched_objects() -> Generator[None]:
    """Do not look through what exists by now for garbage, which stops all threads for a tenth of a second.

    That is what libraries have made when they were loaded; what is made from now on is looked through.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def frames_ahead(info: VideoInfo) -> int:
    """How many frames of footage a queue between two threads may hold: fewer where frames are large."""
    return max(2, min(8, _QUEUED_BYTES // (3 * info.width_px * info.height_px)))
