"""Width and height of a JPEG or PNG from its header: the picture itself is not decoded."""

from __future__ import annotations

_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
LARGEST_PX = 2048  # both programs write no larger ones; about 20 are held decoded


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels.

    Raises:
        ValueError: neither a JPEG nor a PNG, damaged, or larger than any aligned face.
    """
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        size = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    elif data[:2] == b"\xff\xd8":
        size = _jpeg_size(data)
    else:
        raise ValueError("neither a JPEG nor a PNG")
    if not 0 < min(size) <= max(size) <= LARGEST_PX:
        raise ValueError(f"a picture of {size[0]} x {size[1]} px is no aligned face")
    return size


def _jpeg_size(data: bytes) -> tuple[int, int]:
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker in _FRAME_HEADERS:
            height, width = data[place + 5 : place + 7], data[place + 7 : place + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        place += 1 if marker == 0xFF else 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    raise ValueError("the JPEG breaks off before its picture")
