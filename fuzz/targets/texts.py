"""Small texts: what a stopped run left in its parts folder, patterns, times, notes, an export's index."""

from __future__ import annotations

import re
from contextlib import suppress

import typer

from targets.scratch import scratch, written
from understudy.cli.output import printable
from understudy.cli.times import seconds
from understudy.core.errors import UnderstudyError
from understudy.core.identity_folder import record_path
from understudy.faces.faceset_rows import plain_name
from understudy.media.parts_folder import PartsFolder
from understudy.media.patterns import is_pattern, names_of, natural_key, numbered
from understudy.media.sequence_files import SequenceFiles


def check(data: bytes) -> None:
    """As each of them."""
    text = data.decode("utf-8", "surrogateescape")
    with suppress(typer.BadParameter):
        assert seconds(text) >= 0
    assert all(sign.isprintable() for sign in printable(text))
    path = scratch() / "patterns" / text.replace("\0", "") if not text.startswith("/") else scratch()
    if path.name and is_pattern(path):
        names_of(path), numbered(path, 7), natural_key(path)
    with suppress(UnderstudyError):
        assert record_path(text).parent == record_path("a").parent
    with suppress(ValueError):
        assert (scratch() / plain_name(text)).parent == scratch()
    written("out.mp4.parts/parts.json", data)
    folder = PartsFolder(scratch() / "out.mp4", re.compile(r"\d{6}\.mp4"))
    folder.state("key")
    folder.close()
    written("frames/%06d.png.parts/parts.json", data)
    with suppress(UnderstudyError):
        SequenceFiles(scratch() / "frames" / "%06d.png", "key").discard()
