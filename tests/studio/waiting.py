"""Wait for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def until(asked: Callable[[], Value], timeout_s: float = 300.0) -> Value:
    """Ask again and again until the answer is true; fails after a time that a slow machine needs."""
    end = time.monotonic() + timeout_s
    while not (answer := asked()):
        assert time.monotonic() < end, f"still {answer!r} after {timeout_s:.0f} s"
        time.sleep(0.05)
    return answer
