"""How the C library gives and takes memory."""

from __future__ import annotations

import ctypes

_KEPT_BYTES = (2**30, 2**25)  # what we would like, what every glibc allows
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)


def keep_freed_memory() -> None:
    """Keep what is freed, for the rest of the process; without glibc nothing happens.

    For work that frees and asks for the same megabytes all the time: a page that is handed back and
    asked for again is zeroed by the system, which is a tenth of a training step.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    # in this order: the second setting ends glibc's own growing of the first, and older ones refuse much
    if any(mallopt(_M_MMAP_THRESHOLD, size) for size in _KEPT_BYTES):
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES[0])
