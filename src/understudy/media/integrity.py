"""Whether a media file breaks off: its own structure states more bytes than there are.

Demuxers read a file that was cut off to its last whole packet and say nothing, so this looks at the
bytes: containers nest length-prefixed parts, and the last part of a file that broke off has no end.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_TS_PACKET_BYTES = 188
_PS_TAIL_BYTES = 1 << 20


def breaks_off(path: Path, container: str) -> bool:
    """Tell whether a file ends before its structure does.

    Args:
        path: the file.
        container: libavformat's name of the container, e.g. "matroska,webm".

    Returns:
        False also where the container has no structure that would show it.
    """
    check = next((check for name, check in _CHECKS.items() if name in container.split(",")), None)
    if check is None:
        return False
    with path.open("rb") as file:
        return check(file, path.stat().st_size)


def _mp4(file: BinaryIO, size: int) -> bool:
    """Walk the top-level boxes: 4 bytes of size, 4 of type, 8 more of size where size is 1."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return True
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length == 0:  # to the end of the file, wherever that is
            return False
        if length < 8:  # not a box: junk after the last one
            return False
        at += length
    return at > size


def _matroska(file: BinaryIO, size: int) -> bool:
    """Compare the stated size of the segment, which holds everything after the EBML header."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(12)
        id_bytes = 9 - head[0].bit_length() if head[0] else 9
        if id_bytes > 4 or len(head) <= id_bytes:
            return False
        first = head[id_bytes]
        size_bytes = 9 - first.bit_length()
        if size_bytes > 8:
            return False
        length = int.from_bytes(head[id_bytes : id_bytes + size_bytes], "big") & ((1 << 7 * size_bytes) - 1)
        if length == (1 << 7 * size_bytes) - 1:  # unknown, as live streams write it
            return False
        at += id_bytes + size_bytes + length
    return at > size


def _riff(file: BinaryIO, size: int) -> bool:
    return int.from_bytes(file.read(8)[4:], "little") + 8 > size


def _gif(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - 16))
    return not file.read().rstrip(b"\0").endswith(b"\x3b")


def _transport_stream(file: BinaryIO, size: int) -> bool:
    del file
    return size % _TS_PACKET_BYTES != 0


def _program_stream(file: BinaryIO, size: int) -> bool:
    """Walk the packets from the last pack header that another start code follows."""
    file.seek(max(0, size - _PS_TAIL_BYTES))
    tail = file.read().rstrip(b"\0")
    at = tail.rfind(b"\x00\x00\x01\xba")
    if at < 0:
        return False
    while at + 6 <= len(tail) and tail[at : at + 3] == b"\x00\x00\x01":
        code = tail[at + 3]
        if code == 0xB9:
            return False
        if code == 0xBA:
            is_mpeg2 = at + 13 < len(tail) and tail[at + 4] & 0xC0 == 0x40
            at += 14 + (tail[at + 13] & 7) if is_mpeg2 else 12
        else:
            at += 6 + int.from_bytes(tail[at + 4 : at + 6], "big")
    # zeros at the end were taken off above and may belong to the last packet
    return at > size - max(0, size - _PS_TAIL_BYTES)


_CHECKS: dict[str, Callable[[BinaryIO, int], bool]] = {
    "mp4": _mp4,
    "matroska": _matroska,
    "avi": _riff,
    "gif": _gif,
    "mpegts": _transport_stream,
    "mpeg": _program_stream,
}
