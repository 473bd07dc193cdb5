"""Sizes that image files state, and files that state more than there is."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from clips import picture
from hostile.small import cheaply
from understudy.core.errors import MediaError
from understudy.media.images import read_image
from understudy.media.picture_header import PictureHeader, TooLarge, check_size, header_of

SUFFIXES = [".png", ".jpg", ".webp", ".bmp", ".tif"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("size", [(24, 16), (301, 7)])
@pytest.mark.parametrize("kind", ["grey", "rgb", "alpha", "deep"])
def test_it_says_what_the_decoder_finds(suffix: str, size: tuple[int, int], kind: str) -> None:
    image = picture(3, *size)
    if kind == "grey":
        image = image[..., 0]
    elif kind == "alpha":
        image = np.dstack([image, image[..., 0]])
    elif kind == "deep" and suffix in (".png", ".tif"):
        image = image.astype(np.uint16) * 257
    data = cv2.imencode(suffix, image)[1].tobytes()
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    header = header_of(data)
    assert (header.width_px, header.height_px) == (decoded.shape[1], decoded.shape[0]) == size
    assert header.pixel_bytes >= decoded.nbytes // (size[0] * size[1])


def chunk(name: bytes, content: bytes, length: int | None = None) -> bytes:
    crc = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content) if length is None else length) + name + content + crc


def png(width: int, height: int, *more: bytes, bits: int = 8, colour: int = 2) -> bytes:
    """A PNG of black rows, as small as they can be packed."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    row = bytes(1 + width * 3)
    packed = zlib.compress(row * min(height, 100), 9)
    parts = [chunk(b"IHDR", header), *more, chunk(b"IDAT", packed), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(width: int, height: int) -> bytes:
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (277, 3, 1, 3)]
    listed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", len(entries)) + listed + bytes(4)


def jpeg(width: int, height: int) -> bytes:
    data = bytearray(cv2.imencode(".jpg", picture(3, 16, 16))[1].tobytes())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


LARGE = {
    "png": png(60_000, 60_000),
    "png of 16 bits": png(9000, 9000, bits=16, colour=6),
    "jpeg": jpeg(65_000, 65_000),
    "webp": b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<II", 10, 0) + b"\xff\xff\0" * 2,
    "bmp": b"BM" + struct.pack("<IIIIiiHHI", 60, 0, 54, 40, 60_000, -60_000, 1, 24, 0) + bytes(40),
    "tiff": tiff(60_000, 60_000),
}


@pytest.mark.parametrize("kind", LARGE)
def test_oversized_pictures_are_refused_before_they_are_decoded(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(LARGE[kind])
    with pytest.raises(TooLarge, match=r"\d+ MB"):
        check_size(LARGE[kind])
    with cheaply(), pytest.raises(MediaError, match=r"a\.png is too large.*reduce it"):
        read_image(path)


BOMBS = {
    "a chunk of a gigabyte": png(24, 16, chunk(b"teSt", b"few", length=1 << 30)),
    "the picture's own": png(24, 16).replace(struct.pack(">I", 26) + b"IDAT", b"\x3f\xff\xff\xff" + b"IDAT"),
    "a text that unpacks to a gigabyte": png(
        24, 16, chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1 << 27), 9))
    ),
    "colours that do": png(24, 16, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(1 << 27), 9))),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_small_file_costs_little(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(BOMBS[kind])
    with cheaply():
        try:
            assert read_image(tmp_path / "a.png").shape == (16, 24, 3)
        except MediaError as error:
            assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG", b"\xff\xd8\xff", b"RIFFxxxxWEBP", b"BM", b"II*\0\xff\xff\xff\x7f"]
)
def test_what_breaks_off_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        header_of(data)


def test_a_picture_is_taken_up_to_the_limit() -> None:
    assert check_size(jpeg(13_000, 10_000)) == PictureHeader(width_px=13_000, height_px=10_000, pixel_bytes=3)
