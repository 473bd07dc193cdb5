"""Any way to store pixels: grey, deep, coarse and fine chroma, palettes, transparency."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from clips import picture
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter

SIZE_PX = (96, 64)
IMAGE = picture(0, *SIZE_PX)
GREY = np.repeat(np.round(IMAGE @ [0.299, 0.587, 0.114])[..., None], 3, axis=2)
HIGHEST = {"gray": 255, "gray10le": 1023, "gray12le": 4095, "gray16le": 65535}


def encode(path: Path, codec: str, frame: av.VideoFrame, *, value_range: int = 0, **options: str) -> Path:
    """A video of three times the same frame."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(
            codec, rate=25, width=frame.width, height=frame.height, pix_fmt=frame.format.name
        )
        video.options = options
        video.codec_context.color_range = value_range
        for index in range(3):
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def first_of(path: Path) -> np.ndarray:
    with VideoReader(path) as reader:
        frames = list(reader)
    assert len(frames) == 3
    assert frames[0].image.flags.c_contiguous
    return frames[0].image


def mean_error(image: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(image.astype(float) - expected).mean())


@pytest.mark.parametrize(
    ("codec", "pixel_format", "tolerance"),
    [
        *[("ffv1", name, 1.0) for name in ("yuv410p", "yuv411p", "yuv422p", "yuv440p", "yuv444p")],
        *[("ffv1", name, 0.3) for name in ("yuv422p10le", "yuv444p12le", "gbrp10le", "rgb48le", "bgr0")],
        ("prores_ks", "yuv422p10le", 0.5),
        ("mjpeg", "yuvj422p", 2.0),
        ("rawvideo", "uyvy422", 1.0),
    ],
)
def test_colour_is_right_however_it_is_stored(
    tmp_path: Path, codec: str, pixel_format: str, tolerance: float
) -> None:
    frame = av.VideoFrame.from_ndarray(IMAGE, format="rgb24").reformat(format=pixel_format)
    path = encode(tmp_path / "a.mov" if codec == "prores_ks" else tmp_path / "a.mkv", codec, frame)
    assert mean_error(first_of(path), IMAGE) < tolerance


@pytest.mark.parametrize("is_limited", [False, True])
@pytest.mark.parametrize("pixel_format", HIGHEST)
def test_grey_is_right_in_both_ranges(tmp_path: Path, pixel_format: str, is_limited: bool) -> None:
    most = HIGHEST[pixel_format]
    light = GREY[..., 0] / 255
    unit = (most + 1) / 256
    stored = (16 + 219 * light) * unit if is_limited else light * most
    kind = np.uint8 if most == 255 else np.uint16
    frame = av.VideoFrame.from_ndarray(np.round(stored).astype(kind), format=pixel_format)
    image = first_of(encode(tmp_path / "a.mkv", "ffv1", frame, value_range=1 if is_limited else 2))
    assert np.abs(image - GREY).max() <= 1
    assert abs((image - GREY).mean()) < 0.05
    # a copy of it, which is stored in colour, shows the same
    with VideoReader(tmp_path / "a.mkv") as reader, VideoWriter(tmp_path / "b.mp4", like=reader.info) as out:
        for one in reader:
            out.write(one)
    assert np.abs(first_of(tmp_path / "b.mp4") - GREY).mean() < 1.5


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "tolerance"),
    [
        ("a.mov", "prores_ks", "yuva444p10le", 1.0),
        ("a.mov", "png", "rgba", 0.6),
        ("a.mov", "qtrle", "argb", 0.6),
        ("a.mkv", "ffv1", "yuva420p", 1.0),
    ],
)
def test_transparency_is_laid_over_white(
    tmp_path: Path, name: str, codec: str, pixel_format: str, tolerance: float
) -> None:
    alpha = np.zeros((SIZE_PX[1], SIZE_PX[0], 1), np.uint8)
    alpha[:32], alpha[32:48] = 255, 128
    frame = av.VideoFrame.from_ndarray(np.dstack([IMAGE, alpha]), format="rgba")
    path = encode(tmp_path / name, codec, frame.reformat(format=pixel_format))
    expected = 255 - (255 - IMAGE.astype(float)) * (alpha / 255)
    image = first_of(path)
    assert mean_error(image, expected) < tolerance
    assert image[-1].min() == 255
    with VideoReader(path) as reader, VideoWriter(tmp_path / "out.mp4", like=reader.info) as writer:
        writer.write(next(iter(reader)))
    assert f"{name} is transparent in places, out.mp4 is not" in writer.warnings


def test_opaque_footage_of_a_format_with_alpha_is_as_it_was(tmp_path: Path) -> None:
    frame = av.VideoFrame.from_ndarray(IMAGE, format="rgb24").reformat(format="bgra")
    path = encode(tmp_path / "a.mkv", "ffv1", frame)
    np.testing.assert_array_equal(first_of(path), IMAGE)
    with VideoReader(path) as reader:
        assert not reader.info.is_transparent


def test_transparency_that_is_not_decoded_is_told(tmp_path: Path) -> None:
    frame = av.VideoFrame.from_ndarray(np.dstack([IMAGE, IMAGE[..., :1]]), format="rgba")
    path = encode(tmp_path / "a.webm", "libvpx-vp9", frame.reformat(format="yuva420p"), crf="10", b="0")
    assert mean_error(first_of(path), IMAGE) < 5  # the colours beneath
    with VideoReader(path) as reader:
        assert reader.info.is_transparent


def gif(colours: list[tuple[int, int, int]], pixels: np.ndarray, transparent: int) -> bytes:
    """A GIF of at most four colours, (h, w) `pixels`, one of which is transparent."""
    height, width = pixels.shape
    # codes of 3 bits: 0 to 3 a pixel, 4 starts anew, which keeps the codes from growing, 5 ends
    codes = [code for pixel in pixels.reshape(-1) for code in (4, int(pixel))] + [5]
    bits = "".join(f"{code:03b}"[::-1] for code in codes)
    data = bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8))
    blocks = b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255))
    palette = b"".join(map(bytes, colours))
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", width, height, 0xF1, 0, 0)
        + palette
        + bytes([0x21, 0xF9, 4, 1, 4, 0, transparent, 0])
        + struct.pack("<cHHHHB", b",", 0, 0, width, height, 0)
        + b"\x02"
        + blocks
        + b"\0;"
    )


def test_gif_with_a_transparent_colour(tmp_path: Path) -> None:
    pixels = np.arange(16 * 12).reshape(12, 16) % 3
    path = tmp_path / "a.gif"
    path.write_bytes(gif([(200, 30, 10), (20, 160, 40), (0, 0, 0), (0, 0, 0)], pixels, transparent=2))
    with VideoReader(path) as reader:
        (frame,) = list(reader)
    expected = np.array([(200, 30, 10), (20, 160, 40), (255, 255, 255)])[pixels]
    np.testing.assert_array_equal(frame.image, expected)


def test_palette_with_transparent_colours(tmp_path: Path) -> None:
    indexes = (np.arange(96 * 64).reshape(64, 96) % 3).astype(np.uint8)
    argb = np.zeros((256, 4), np.uint8)
    argb[:3] = [(255, 200, 30, 10), (255, 20, 160, 40), (0, 10, 10, 10)]
    frame = av.VideoFrame.from_ndarray((indexes, argb), format="pal8")
    path = encode(tmp_path / "a.mov", "png", frame)
    with VideoReader(path) as reader:
        assert reader.info.pixel_format == "pal8"
        assert reader.info.is_transparent
    expected = np.array([(200, 30, 10), (20, 160, 40), (255, 255, 255)])[indexes]
    np.testing.assert_array_equal(first_of(path), expected)
