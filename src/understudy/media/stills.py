"""Pictures of any depth, grey, coloured or transparent, as image files with what is to be said of them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.media.colour import BT709, UNSPECIFIED, ColourTags
from understudy.media.xmp import XMP_KEY, jpeg_segment

STILL_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
DEEP_SUFFIXES = (".png", ".tif", ".tiff")  # hold 16 bits and transparency

_OPTIONS: dict[str, list[int]] = {
    ".png": [cv2.IMWRITE_PNG_COMPRESSION, 1],
    ".jpg": [
        *(cv2.IMWRITE_JPEG_QUALITY, 97),
        *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
    ],
    ".tif": [],
}
_SAME = {".jpeg": ".jpg", ".tiff": ".tif"}
_PNG = b"\x89PNG\r\n\x1a\n"
_OF_COLOUR = (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"mDCV", b"cLLI", b"pHYs")
_OF_GREY = (0, 4)  # colour types of PNG


def encode_still(
    suffix: str, pixels: NDArray[Any], *, texts: Mapping[str, str] | None = None, chunks: bytes = b""
) -> bytes:
    """Encode a picture.

    Args:
        suffix: one of `STILL_SUFFIXES`.
        pixels: (h, w) grey, (h, w, 3) RGB or (h, w, 4) RGBA, colours not multiplied by alpha; uint8, or
            uint16 where the suffix is one of `DEEP_SUFFIXES`.
        texts: what a PNG or JPEG says besides, e.g. {"Comment": "..."}; TIFF is written without.
        chunks: of a PNG, see `colour_chunk` and `chunks_of`; others are written without.

    Raises:
        ValueError: the file type does not hold such pictures.
    """
    suffix = _SAME.get(suffix.lower(), suffix.lower())
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if suffix not in _OPTIONS or (suffix == ".jpg" and (channels == 4 or pixels.dtype != np.uint8)):
        raise ValueError(f"{suffix} does not hold {pixels.dtype} pictures of {channels} channels")
    if channels > 1:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA if channels == 4 else cv2.COLOR_RGB2BGR)
    done, encoded = cv2.imencode(suffix, pixels, _OPTIONS[suffix])
    if not done:
        raise ValueError(f"a picture of {pixels.shape} {pixels.dtype} cannot be stored as {suffix}")
    data, said = encoded.tobytes(), texts or {}
    if suffix == ".png":
        return with_texts(data, said, chunks)
    return with_segments(data, said) if suffix == ".jpg" else data


def with_texts(data: bytes, texts: Mapping[str, str], chunks: bytes = b"") -> bytes:
    """A PNG file that says more; as `encode_still`."""
    # right after IHDR: colours must be told before the pixels
    return data[:33] + chunks + b"".join(_text_chunk(*each) for each in texts.items()) + data[33:]


def with_segments(data: bytes, texts: Mapping[str, str]) -> bytes:
    """A JPEG file that says more; as `encode_still`."""
    begun = 4 + int.from_bytes(data[4:6])  # JFIF's own segment is the first
    return data[:begun] + b"".join(_segment(*each) for each in texts.items()) + data[begun:]


def colour_chunk(tags: ColourTags) -> bytes:
    """What a PNG of RGB with these tags says of its colours; nothing where it is what everybody takes.

    Reference:
        PNG (third edition), 11.3.2.6: coding-independent code points.
    """
    is_stated = UNSPECIFIED not in (tags.primaries, tags.transfer)
    if not is_stated or (tags.primaries == BT709 and not tags.is_hdr):
        return b""
    return _chunk(b"cICP", bytes([tags.primaries, tags.transfer, 0, 1]))


def chunks_of(data: bytes) -> bytes:
    """What a PNG file says of its colours and the shape of its pixels; nothing of other files."""
    found = b""
    is_grey = data[25:26] != b"" and data[25] in _OF_GREY
    for name, content in _chunks(data):
        if name == b"IDAT":
            break
        if name in _OF_COLOUR and not (name == b"iCCP" and is_grey):  # what is written is coloured
            found += _chunk(name, content)
    return found


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG) if data.startswith(_PNG) else len(data)
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _text_chunk(key: str, text: str) -> bytes:
    """Of Unicode, not compressed, of no stated language."""
    return _chunk(b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode())


def _segment(key: str, text: str) -> bytes:
    if key == XMP_KEY:
        return jpeg_segment(text)
    content = text.encode()[:65533]
    return b"\xff\xfe" + struct.pack(">H", len(content) + 2) + content
