"""What callers may give where a path is wanted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

AnyPath = str | os.PathLike[str]
OneOrMorePaths = AnyPath | Sequence[AnyPath]


def maybe_path(path: AnyPath | None) -> Path | None:
    """A path, None of None."""
    return None if path is None else Path(path)


def maybe_consent(consent: AnyPath | None) -> str | None:
    """What is said of consent: a word stays one, whatever is a path is the file that it names."""
    return consent if consent is None or isinstance(consent, str) else str(Path(consent).absolute())


def all_paths(paths: OneOrMorePaths) -> tuple[Path, ...]:
    """One path or many as paths."""
    if isinstance(paths, (str, os.PathLike)):
        return (Path(paths),)
    return tuple(map(Path, paths))
