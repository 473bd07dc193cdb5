"""What is found out before long work: whether all footage can be read, and the report be written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from understudy.core.errors import ConfigError
from understudy.core.files import check_writable
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_schema import is_faceset
from understudy.media.footage import open_footage

_PAGES = (".html", ".htm")


def check_readable(paths: Iterable[Path | None]) -> None:
    """Open footage and facesets, so that the first one that cannot be read is named at once.

    Args:
        paths: in the order in which they were given; None for one that was not.

    Raises:
        MediaError: a piece of footage cannot be read.
        FacesetError: a faceset cannot be read.
    """
    for path in paths:
        if path is None:
            continue
        with Faceset.open(path) if is_faceset(path) else open_footage(path):
            pass


def check_report(path: Path) -> None:
    """Make sure that a report can be written at the end; nothing is left behind.

    Raises:
        ConfigError: its name is not that of a page.
        UnderstudyError: it is a folder, or its folder cannot be written to.
    """
    if path.suffix.lower() not in _PAGES and not path.is_dir():
        raise ConfigError(
            f"cannot write a report of type {path.suffix or 'none'} ({path})",
            "name a file that ends in .html",
        )
    check_writable(path)
