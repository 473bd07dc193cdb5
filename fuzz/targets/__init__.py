"""What is fuzzed: one file a parser, each with `check(data)`, which raises only where that parser fails.

What a parser may do with anything that it is given: take it, or refuse it with an `UnderstudyError`; those
that a caller wraps refuse with the ValueError that their docstring names.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

TARGETS = (
    "faceset",
    "model",
    "tensors",
    "optimizer",
    "pickles",
    "foreign",
    "documents",
    "folders",
    "pictures",
    "video",
    "manifests",
    "archives",
    "texts",
)


def check_of(name: str) -> Callable[[bytes], None]:
    """The check of a target; only its own parser is imported."""
    return import_module(f"{__name__}.{name}").check
