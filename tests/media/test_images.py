"""Still images: upright RGB in, whole files out."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from clips import corner_picture, picture
from understudy.core.errors import MediaError
from understudy.media.images import decode_image, encode_jpeg, read_image, write_image


def exif_jpeg(image: np.ndarray, orientation: int) -> bytes:
    """A JPEG with an EXIF block that holds nothing but the orientation."""
    tiff = b"MM\x00\x2a\x00\x00\x00\x08" + b"\x00\x01"
    tiff += b"\x01\x12\x00\x03\x00\x00\x00\x01" + bytes([0, orientation, 0, 0]) + b"\x00\x00\x00\x00"
    block = b"Exif\x00\x00" + tiff
    segment = b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block
    data = encode_jpeg(image)
    return data[:2] + segment + data[2:]


@pytest.mark.parametrize(
    ("name", "tolerance"), [("ä b.png", 0.0), ("ä b.jpg", 1.5), ("ä b.webp", 4.0), ("B.JPEG", 1.5)]
)
def test_written_images_read_back(tmp_path: Path, name: str, tolerance: float) -> None:
    image = picture(1, 61, 47)
    write_image(tmp_path / name, image)
    back = read_image(tmp_path / name)
    assert back.shape == image.shape
    assert back.dtype == np.uint8
    assert back.flags.c_contiguous
    assert np.abs(back.astype(int) - image).mean() <= tolerance
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
@pytest.mark.parametrize("shrink", [2, 4, 8])
def test_a_reduced_image_is_the_mean_of_its_blocks(tmp_path: Path, name: str, shrink: int) -> None:
    image = picture(1, 61, 47)
    write_image(tmp_path / name, image)
    back = read_image(tmp_path / name, shrink)
    assert back.shape == (-(-image.shape[0] // shrink), -(-image.shape[1] // shrink), 3)
    whole = [length // shrink for length in image.shape[:2]]
    blocks = image[: whole[0] * shrink, : whole[1] * shrink].reshape(whole[0], shrink, whole[1], shrink, 3)
    assert np.abs(back[: whole[0], : whole[1]] - blocks.mean(axis=(1, 3))).mean() < 2.5


def test_jpeg_keeps_chroma_of_single_pixels() -> None:
    image = np.zeros((32, 32, 3), np.uint8)
    image[:, ::2] = (200, 30, 30)
    image[:, 1::2] = (30, 30, 200)
    # with halved chroma the two colours would mix to purple
    assert np.abs(decode_image(encode_jpeg(image)).astype(int) - image).mean() < 8


@pytest.mark.parametrize(("orientation", "quarter_turns"), [(1, 0), (6, -1), (3, 2), (8, 1)])
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int, quarter_turns: int) -> None:
    image = corner_picture(48, 32)
    (tmp_path / "a.jpg").write_bytes(exif_jpeg(image, orientation))
    upright = np.rot90(image, quarter_turns)  # oracle: positive is anticlockwise
    back = read_image(tmp_path / "a.jpg")
    assert back.shape == upright.shape
    assert np.abs(back.astype(int) - upright).mean() < 4


def test_grey_deep_and_transparent_images(tmp_path: Path) -> None:
    grey = picture(0, 20, 10)[..., 0]
    cv2.imwrite(str(tmp_path / "grey.png"), grey)
    np.testing.assert_array_equal(read_image(tmp_path / "grey.png"), np.repeat(grey[..., None], 3, axis=2))

    cv2.imwrite(str(tmp_path / "deep.png"), grey.astype(np.uint16) * 257)
    np.testing.assert_array_equal(read_image(tmp_path / "deep.png")[..., 1], grey)

    bgra = np.zeros((4, 4, 4), np.uint8)
    bgra[:2] = (10, 20, 30, 255)
    bgra[3] = (0, 0, 0, 128)
    cv2.imwrite(str(tmp_path / "alpha.png"), bgra)
    image = read_image(tmp_path / "alpha.png")
    assert image[0, 0].tolist() == [30, 20, 10]
    assert image[2, 0].tolist() == [255, 255, 255]
    assert image[3, 0].tolist() == [127, 127, 127]


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_png_with_a_palette_and_transparency(tmp_path: Path) -> None:
    palette, alphas = [(200, 30, 10), (20, 160, 40), (10, 10, 10)], [255, 0, 128]
    pixels = np.arange(20 * 10).reshape(10, 20) % 3
    rows = b"".join(b"\0" + row.astype(np.uint8).tobytes() for row in pixels)
    (tmp_path / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 20, 10, 8, 3, 0, 0, 0))
        + png_chunk(b"PLTE", b"".join(map(bytes, palette)))
        + png_chunk(b"tRNS", bytes(alphas))
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )
    over_white = np.array([(200, 30, 10), (255, 255, 255), (132, 132, 132)])
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), over_white[pixels])


def cmyk_jpeg(inks: list[tuple[int, int, int, int]]) -> bytes:
    """A CMYK JPEG as Adobe writes it (255 is no ink), with one block of 8x8 pixels for each colour."""

    def segment(marker: int, data: bytes) -> bytes:
        return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data

    # the mean of a block in 4 bits of length and as many of value, then the end of the block
    bits, last = "", [0] * 4
    for ink in inks:
        for channel, level in enumerate(ink):
            mean = (level - 128) * 8
            step, last[channel] = mean - last[channel], mean
            size = abs(step).bit_length()
            value = step if step >= 0 else step + (1 << size) - 1
            bits += f"{size:04b}" + (f"{value:0{size}b}" if size else "") + "0"
    bits += "1" * (-len(bits) % 8)
    scan = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    parts = b"".join(bytes([number, 0x11, 0]) for number in range(4))
    return (
        b"\xff\xd8"
        + segment(0xEE, b"Adobe\0\x64\0\0\0\0\0")
        + segment(0xDB, b"\0" + b"\1" * 64)
        + segment(0xC0, struct.pack(">BHHB", 8, 8, 8 * len(inks), 4) + parts)
        + segment(0xC4, b"\0" + bytes([0, 0, 0, 12]) + bytes(12) + bytes(range(12)))
        + segment(0xC4, b"\x10" + bytes([1]) + bytes(15) + b"\0")
        + segment(0xDA, b"\4" + b"".join(bytes([number, 0]) for number in range(4)) + b"\0\x3f\0")
        + scan
        + b"\xff\xd9"
    )


def test_jpeg_in_the_colours_of_a_printer(tmp_path: Path) -> None:
    inks = [
        (255, 255, 255, 255),
        (0, 255, 255, 255),
        (255, 0, 0, 255),
        (255, 255, 255, 0),
        (200, 160, 120, 180),
    ]
    (tmp_path / "a.jpg").write_bytes(cmyk_jpeg(inks))
    image = read_image(tmp_path / "a.jpg")
    assert image.shape == (8, 8 * len(inks), 3)
    for index, (cyan, magenta, yellow, black) in enumerate(inks):
        expected = np.array([cyan, magenta, yellow]) * (black / 255)
        assert np.abs(image[4, 8 * index + 4] - expected).max() <= 2


@pytest.mark.parametrize("content", [b"", b"no image", b"\xff\xd8\xff\xe0broken", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(MediaError, match=r"a\.png") as caught:
        read_image(tmp_path / "a.png")
    assert caught.value.next_step
    with pytest.raises(ValueError, match=r"breaks off|not an image|neither JPEG|damaged"):
        decode_image(content)


def test_missing_file_and_unknown_suffix(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="cannot be read"):
        read_image(tmp_path / "missing.png")
    with pytest.raises(MediaError, match=r"\.xyz"):
        write_image(tmp_path / "a.xyz", picture(0, 8, 8))
    with pytest.raises(ValueError, match="uint8"):
        write_image(tmp_path / "a.png", picture(0, 8, 8)[..., 0])
    assert list(tmp_path.iterdir()) == []
