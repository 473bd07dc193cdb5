"""Pickles as other programs write them: `core.plain_pickle`, and literals: `core.plain_literal`."""

from __future__ import annotations

from contextlib import suppress

from understudy.core.plain_literal import parse_literal
from understudy.core.plain_pickle import parse_pickle

_MEMORY_BYTES = 64 << 20


def check(data: bytes) -> None:
    """As a pickle, and as the text of a value."""
    with suppress(ValueError):
        parse_pickle(data, _MEMORY_BYTES)
    with suppress(ValueError):
        parse_literal(data.decode("utf-8", "replace"))
