"""A command says on standard error what it has to say, and the libraries that it uses say nothing there."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

_STANDARD_ERROR = 2  # as C libraries know it


@contextmanager
def own_words(*, unless: bool = False) -> Generator[None]:
    """Keep off standard error what C libraries print there past Python, as libpng does of a damaged file.

    It holds for the whole process, so it is for a command that has one to itself.

    Args:
        unless: let them speak, e.g. where somebody looks for the cause of a failure.
    """
    if unless or sys.stderr is None:
        yield
        return
    before = sys.stderr
    try:
        aside, words = os.dup(_STANDARD_ERROR), os.dup(before.fileno())
    except (OSError, ValueError):  # closed, or no file at all
        yield
        return
    before.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STANDARD_ERROR)
        # what Python says goes where it went
        with os.fdopen(words, "w", buffering=1, encoding=before.encoding, errors=before.errors) as own:
            sys.stderr = own
            yield
    finally:
        sys.stderr = before
        os.dup2(aside, _STANDARD_ERROR)
        os.close(aside)
        os.close(nowhere)
