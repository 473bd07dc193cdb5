"""What an image file says of its size, before anything is decoded: a few bytes may stand for gigabytes."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

MOST_DECODED_BYTES = (
    400_000_000  # of one picture: 133 million pixels of a JPEG, 50 million of the deepest PNG
)

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_CHANNELS = {0: 1, 2: 3, 3: 4, 4: 2, 6: 4}
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_MARKER = re.compile(rb"\xff+([^\xff\x00])", re.DOTALL)
_MOST_SEGMENTS = 100_000
_TIFF_TYPES = {1: 1, 3: 2, 4: 4, 16: 8}  # of whole numbers, to bytes
_WIDTH, _HEIGHT, _BITS, _SAMPLES = 256, 257, 258, 277  # tags of TIFF
_MOST_TAGS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureHeader:
    """What a picture is like.

    Args:
        width_px: as stored.
        height_px: as stored.
        pixel_bytes: that a pixel takes when it is decoded, at most.
    """

    width_px: int
    height_px: int
    pixel_bytes: int


class TooLarge(ValueError):
    """A picture would take more memory than anybody's should."""


def header_of(data: bytes) -> PictureHeader:
    """Read the header of a JPEG, PNG, WebP, BMP or TIFF.

    Raises:
        ValueError: it is another kind of file, breaks off, or has no size.
    """
    for begins, reader in _READERS.items():
        if data.startswith(begins):
            try:
                header = reader(data)
            except (struct.error, IndexError, OverflowError) as error:  # a place beyond any file
                raise ValueError("it breaks off before its picture") from error
            if header.width_px < 1 or header.height_px < 1:
                raise ValueError(f"a picture of {header.width_px} x {header.height_px} px")
            return header
    raise ValueError(f"neither JPEG, PNG, WebP, BMP nor TIFF: it starts with {data[:8]!r}")


def check_size(data: bytes) -> PictureHeader:
    """Refuse what would take too much memory; as `header_of`.

    Raises:
        ValueError: it is no picture, or too large a one (TooLarge).
    """
    header = header_of(data)
    needed = header.width_px * header.height_px * header.pixel_bytes
    if needed > MOST_DECODED_BYTES:
        raise TooLarge(
            f"a picture of {header.width_px} x {header.height_px} px takes {needed // 1_000_000} MB, "
            f"more than {MOST_DECODED_BYTES // 1_000_000}"
        )
    return header


def _png(data: bytes) -> PictureHeader:
    length, name, width, height, bits, colour = struct.unpack(">I4sIIBB", data[8:26])
    if name != b"IHDR" or length != 13 or colour not in _PNG_CHANNELS:
        raise ValueError("its header is damaged")
    at = 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if length > len(data) - at - 8:
            # decoders make room for what a chunk says it has
            if data[at + 4 : at + 8] == b"IDAT" and length < 1 << 24:
                break  # it breaks off in its picture, which is shown as far as it goes
            raise ValueError(f"it is damaged at byte {at}")
        at += 12 + length
    return PictureHeader(
        width_px=width, height_px=height, pixel_bytes=_PNG_CHANNELS[colour] * (2 if bits == 16 else 1)
    )


def _jpeg(data: bytes) -> PictureHeader:
    at = 2
    for _ in range(_MOST_SEGMENTS):
        # decoders pass over what lies between segments; FF 00 is no marker
        found = _MARKER.search(data, at)
        if found is None:
            break
        marker, at = found[1][0], found.end()
        if marker in _JPEG_SIZES:
            _, _, height, width, channels = struct.unpack(">HBHHB", data[at : at + 8])
            return PictureHeader(width_px=width, height_px=height, pixel_bytes=max(3, channels))
        if marker not in _JPEG_ALONE:
            (length,) = struct.unpack(">H", data[at : at + 2])
            if length < 2:
                raise ValueError(f"it is damaged at byte {at}")
            at += length
    raise ValueError("it breaks off before its picture")


def _webp(data: bytes) -> PictureHeader:
    kind = data[8:16]
    if kind == b"WEBPVP8X":
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        _ = data[29]
    elif kind == b"WEBPVP8L":
        (bits,) = struct.unpack("<I", data[21:25])
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b"WEBPVP8 ":
        width, height = (size & 0x3FFF for size in struct.unpack("<HH", data[26:30]))
    else:
        raise ValueError("it is no WebP")
    return PictureHeader(width_px=width, height_px=height, pixel_bytes=4)


def _bmp(data: bytes) -> PictureHeader:
    (size,) = struct.unpack("<I", data[14:18])
    width, height = struct.unpack(*(("<HH", data[18:22]) if size == 12 else ("<ii", data[18:26])))
    return PictureHeader(width_px=width, height_px=abs(height), pixel_bytes=4)


def _tiff(data: bytes) -> PictureHeader:
    """The first picture of the file; of classic TIFF and of BigTIFF."""
    order = "<" if data[:2] == b"II" else ">"
    is_big = struct.unpack(order + "H", data[2:4])[0] == 43
    at = struct.unpack(order + "Q", data[8:16])[0] if is_big else struct.unpack(order + "I", data[4:8])[0]
    count_format, entry_bytes = ("Q", 20) if is_big else ("H", 12)
    (count,) = struct.unpack_from(order + count_format, data, at)
    found: dict[int, int] = {}
    for number in range(min(count, _MOST_TAGS)):
        entry = at + struct.calcsize(order + count_format) + number * entry_bytes
        tag, kind = struct.unpack_from(order + "HH", data, entry)
        if tag not in (_WIDTH, _HEIGHT, _BITS, _SAMPLES):
            continue
        if tag in found or kind not in _TIFF_TYPES:  # decoders may take another one, or read it otherwise
            raise ValueError("its size is told twice, or in an odd way")
        (amount,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, entry + 4)
        place = entry + (12 if is_big else 8)
        if amount * _TIFF_TYPES[kind] > (8 if is_big else 4):  # what does not fit lies elsewhere
            (place,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, place)
        form = {1: "B", 2: "H", 4: "I", 8: "Q"}[_TIFF_TYPES[kind]]
        (found[tag],) = struct.unpack_from(order + form, data, place)
    if _WIDTH not in found or _HEIGHT not in found:
        raise ValueError("it has no size")
    return PictureHeader(
        width_px=found[_WIDTH],
        height_px=found[_HEIGHT],
        # at least as three channels of 8 bits: that is what is made of it
        pixel_bytes=max(3, found.get(_SAMPLES, 1) * -(-found.get(_BITS, 1) // 8)),
    )


_READERS = {
    _PNG: _png,
    b"\xff\xd8": _jpeg,
    b"RIFF": _webp,
    b"BM": _bmp,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
    b"II+\0": _tiff,
    b"MM\0+": _tiff,
}
