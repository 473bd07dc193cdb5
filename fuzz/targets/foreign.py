"""Facesets of other programs: a JPEG of DeepFaceLab, a PNG or a list of faceswap."""

from __future__ import annotations

import zlib
from contextlib import suppress

from targets.scratch import written
from understudy.core.errors import UnderstudyError
from understudy.faces.foreign.dfl import read_dfl
from understudy.faces.foreign.faceswap import read_alignments
from understudy.faces.foreign.folder import read_faces_of


def check(data: bytes) -> None:
    """As a file of each kind; a pickle also packed, which a fuzzer does not get right by itself."""
    name = {b"\xff\xd8": "00001_0.jpg", b"\x89P": "00001_0.png"}.get(data[:2], "alignments.fsa")
    path = written(name, data)
    with suppress(UnderstudyError):
        read_faces_of(path)
    with suppress(ValueError):
        read_alignments(path, zlib.compress(data, 1))
    with suppress(ValueError):
        segment = b"\xff\xef" + (len(data[:65000]) + 2).to_bytes(2, "big") + data[:65000]
        read_dfl(path, b"\xff\xd8" + segment + b"\xff\xda\0\0", 256)
