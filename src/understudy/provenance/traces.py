"""What is left of what an output said of itself once its manifest is gone: plain tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from understudy.provenance.media_spans import said_spans

Trace = Literal["ours", "synthetic", "none"]

_OURS = re.compile(rb"Synthetic media: [^\0]{0,200}\(understudy\)")
_SYNTHETIC = re.compile(rb"DigitalSourceType[^\0]{0,200}[Tt]rainedAlgorithmicMedia")
_PIECE_BYTES, _LONGEST = 4 << 20, 1024  # of a file at once, and of what is looked for


def trace_in(path: Path) -> Trace:
    """What a file's tags say, wherever in it they lie and whatever it is called.

    Args:
        path: any file; of what is no picture, video, sound or page there are none.

    Returns:
        "ours": understudy made it; "synthetic": some program did that says so in the way of IPTC; or "none".

    Raises:
        OSError: it cannot be read.
    """
    found: Trace = "none"
    with path.open("rb") as file:
        for start, end in said_spans(file):
            for piece in _pieces(file, start, end):
                if _OURS.search(piece):
                    return "ours"
                if _SYNTHETIC.search(piece):
                    found = "synthetic"
    return found


def _pieces(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """A part of a file in pieces, each of which begins with the last bytes of the one before."""
    file.seek(start)
    kept = b""
    while start < end:
        piece = file.read(min(_PIECE_BYTES, end - start))
        if not piece:
            return
        start += len(piece)
        yield kept + piece
        kept = (kept + piece)[-_LONGEST:]
