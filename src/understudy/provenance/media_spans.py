"""Where in a file something is said of its pictures and sound: all but these, told by its content."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from understudy.provenance.page import looks_like_page

Span = tuple[int, int]  # first byte, and the one after the last

_START_BYTES = 4096
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof", b"sidx"})
_EBML, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
# what other files of pictures, video and sound begin with; they are looked through from end to end
_BEGINNINGS = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM", b"ID3", b"fLaC", b"OggS",
    b"FLV", b"\0\0\x01\xba", b"\0\0\x01\xb3", b"\x30\x26\xb2\x75", b"\x06\x0e\x2b\x34", b"RF64", b"\x8aMNG",
    b"\x76\x2f\x31\x01", b"SDPX", b"XPDS", b"FORM", b"\xff\x0a", b"\0\0\0\x0cJXL ", b"\0\0\0\x0cjP  ",
)  # fmt: skip


def said_spans(file: BinaryIO) -> Iterator[Span]:
    """The parts of a file in which tags can be, whatever it is called; none of what is no media.

    Raises:
        OSError: it cannot be read.
    """
    size = file.seek(0, 2)
    file.seek(0)
    start = file.read(_START_BYTES)
    if start[4:8] in _BOXES:
        yield from _around(_boxes(file, size), size)
    elif start[:4] == struct.pack(">I", _EBML):
        yield from _around(_clusters(file, size), size)
    elif start[:4] == b"RIFF":
        yield from _around(_streams(file, size), size)
    elif start.startswith(_BEGINNINGS) or _is_framed(start) or looks_like_page(start):
        yield 0, size


def _is_framed(start: bytes) -> bool:
    """MPEG audio without a tag before it, and MPEG transport streams."""
    is_audio = start[:1] == b"\xff" and len(start) > 2 and start[1] & 0xE0 == 0xE0 and start[1] & 0x06 != 0
    return is_audio or (start[:1] == b"\x47" and start[188:189] == b"\x47" and start[376:377] == b"\x47")


def _around(left_out: Iterator[Span], size: int) -> Iterator[Span]:
    """What lies between spans, which come in their order."""
    at = 0
    for start, end in left_out:
        if start > at:
            yield at, start
        at = max(at, end)
    if at < size:
        yield at, size


def _boxes(file: BinaryIO, size: int) -> Iterator[Span]:
    """Media data of MP4, MOV and their like."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length, kind = struct.unpack(">I", head[:4])[0], head[4:8]
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        end = size if length == 0 else at + length
        if end < at + 8 or end > size:  # broken: the rest is looked through
            return
        if kind == b"mdat":
            yield at + 8, end
        at = end


def _streams(file: BinaryIO, size: int) -> Iterator[Span]:
    """Pictures and sound of AVI, sound of WAV."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(12)
        kind, length = head[:4], struct.unpack("<I", head[4:8])[0]
        if kind == b"RIFF":
            at += 12
            continue
        end = at + 8 + length + length % 2
        if end > size + 1:
            return
        if kind == b"data" or (kind == b"LIST" and head[8:] == b"movi"):
            yield at + 8, min(end, size)
        at = end


def _clusters(file: BinaryIO, size: int) -> Iterator[Span]:
    """Pictures and sound of Matroska and WebM."""
    at = 0
    while at < size:
        file.seek(at)
        kind, kind_bytes = _number(file.read(4), keep_mark=True)
        file.seek(at + kind_bytes)
        length, length_bytes = _number(file.read(8), keep_mark=False)
        if not kind_bytes or not length_bytes:
            return
        at += kind_bytes + length_bytes
        if kind == _SEGMENT:  # what is in it follows
            continue
        if length is None or at + length > size:
            return
        if kind == _CLUSTER:
            yield at, at + length
        at += length


def _number(data: bytes, *, keep_mark: bool) -> tuple[int | None, int]:
    """A number of EBML and its bytes, 0 where there is none; the number is None where it says "not known".

    Reference:
        RFC 8794, 4: variable-size integers.
    """
    if not data or not data[0]:
        return None, 0
    length = 9 - data[0].bit_length()
    if len(data) < length:
        return None, 0
    value = int.from_bytes(data[:length])
    if keep_mark:
        return value, length
    value &= (1 << 7 * length) - 1
    return (None if value == (1 << 7 * length) - 1 else value), length
