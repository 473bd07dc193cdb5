"""How much may be spent on refusing something."""

from __future__ import annotations

import resource
import time
from collections.abc import Generator
from contextlib import contextmanager

MOST_S, MOST_MB = 5.0, 300


@contextmanager
def cheaply() -> Generator[None]:
    """What the block does takes little of the processor and little memory."""
    begun, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert time.process_time() - begun < MOST_S
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MOST_MB
