"""Finished PNG, JPEG and WebP pictures that are told what to say of themselves; no pixel changes."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from understudy.media.stills import with_segments, with_texts
from understudy.media.xmp import XMP_KEY

_JPEG, _PNG, _RIFF = b"\xff\xd8", b"\x89PNG", b"RIFF"
_HAS_XMP, _HAS_ALPHA = 0x04, 0x10  # flags of an extended WebP


def tagged(data: bytes, texts: Mapping[str, str]) -> bytes:
    """Put tags into the bytes of a picture.

    Args:
        data: a PNG, JPEG or WebP file.
        texts: e.g. {"Comment": "..."}, and XMP by `xmp.XMP_KEY`, which is all that WebP has a place for.

    Returns:
        The same picture with the tags.

    Raises:
        ValueError: it is none of these.
    """
    if data.startswith(_JPEG):
        return with_segments(data, texts)
    if data.startswith(_PNG):
        return with_texts(data, texts)
    if data.startswith(_RIFF) and data[8:12] == b"WEBP":
        packet = texts.get(XMP_KEY)
        return data if packet is None else _webp(data[12:], packet.encode())
    raise ValueError(f"neither PNG nor JPEG nor WebP: {data[:8]!r}")


def _webp(chunks: bytes, packet: bytes) -> bytes:
    """The chunks of a WebP file as one that says more.

    Reference:
        WebP container specification, "Extended File Format".
    """
    if chunks.startswith(b"VP8X"):
        flags, rest = chunks[8] | _HAS_XMP, chunks[9:]
        body = chunks[:8] + bytes([flags]) + rest
    else:
        width, height, is_transparent = _size_of(chunks)
        flags = _HAS_XMP | (_HAS_ALPHA if is_transparent else 0)
        sides = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
        body = _chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sides) + chunks
    body += _chunk(b"XMP ", packet)
    return _RIFF + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def _size_of(chunks: bytes) -> tuple[int, int, bool]:
    """Width, height and whether it is transparent, of the one picture of a simple file."""
    content = chunks[8:]
    if chunks.startswith(b"VP8L"):
        bits = int.from_bytes(content[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    width, height = struct.unpack("<HH", content[6:10])
    return width & 0x3FFF, height & 0x3FFF, False


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
