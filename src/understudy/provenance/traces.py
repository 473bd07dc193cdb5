"""What is left of what an output said of itself once its manifest is gone: plain tags."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

Trace = Literal["ours", "synthetic", "none"]

_OURS = re.compile(rb"Synthetic media: [^\0]{0,200}\(understudy\)")
_SYNTHETIC = re.compile(rb"DigitalSourceType[^\0]{0,200}[Tt]rainedAlgorithmicMedia")
_SEARCHED_BYTES = 4 << 20  # at both ends: where containers keep their tags


def trace_in(path: Path) -> Trace:
    """What a file's tags say.

    Args:
        path: a picture, a video or sound, of any type.

    Returns:
        "ours": understudy made it; "synthetic": some program did that says so in the way of IPTC; or "none".

    Raises:
        OSError: it cannot be read.
    """
    found: Trace = "none"
    with path.open("rb") as file:
        size = file.seek(0, 2)
        for start in (0, max(0, size - _SEARCHED_BYTES)):
            file.seek(start)
            data = file.read(_SEARCHED_BYTES)
            if _OURS.search(data):
                return "ours"
            if _SYNTHETIC.search(data):
                found = "synthetic"
    return found
