"""Colour: against the formulas of BT.601 and BT.709, and there and back."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from clips import make_clip, picture, rgb_from_yuv, yuv_from_rgb
from understudy.media.colour import ColourTags, FromRgb, ToRgb
from understudy.media.reader import VideoReader

BT601, BT709 = (0.299, 0.114), (0.2126, 0.0722)


@pytest.mark.parametrize(
    ("tags", "size_px", "weights", "full"),
    [
        ((1, 1, 1, 1), (96, 64), BT709, False),
        ((1, 1, 1, 2), (96, 64), BT709, True),
        ((6, 6, 6, 1), (96, 64), BT601, False),
        ((5, 5, 6, 2), (96, 64), BT601, True),
        ((2, 2, 2, 0), (96, 64), BT601, False),
        ((2, 2, 2, 0), (96, 720), BT709, False),
    ],
)
def test_reader_applies_matrix_and_range(
    tmp_path: Path, tags: tuple[int, int, int, int], size_px: tuple[int, int], weights: tuple, full: bool
) -> None:
    # a clip with given YUV numbers, stored without loss; the oracle turns the same numbers into RGB
    path = make_clip(tmp_path / "a.mp4", frames=3, size_px=size_px, tags=tags, pixel_format="yuv444p")
    coded_weights = BT709 if tags[0] == 1 else BT601  # what the clip's maker used
    with VideoReader(path) as reader:
        frames = list(reader)
    info = reader.info
    assert (info.colour.matrix, info.colour.primaries, info.colour.transfer) == tags[:3]
    assert info.colour.is_full_range == full
    for index, frame in enumerate(frames):
        planes = yuv_from_rgb(picture(index, *size_px), *coded_weights, full=full)
        expected = rgb_from_yuv(planes, *weights, full=full)
        error = frame.image.astype(int) - expected
        assert np.abs(error).max() <= 2
        assert np.abs(error.mean(axis=(0, 1))).max() < 0.15


@pytest.mark.parametrize("size_px", [(96, 64), (322, 190), (101, 75)])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "nv12", "yuv420p10le", "yuvj420p"])
@pytest.mark.parametrize("full_range", [1, 2])
def test_the_quick_way_equals_the_plain_one(
    pixel_format: str, full_range: int, size_px: tuple[int, int]
) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (size_px[1], size_px[0], 3)).astype(np.uint8)
    stored = av.VideoFrame.from_ndarray(noise, format="rgb24").reformat(format=pixel_format)
    plain = VideoReformatter().reformat(
        stored,
        format="rgb24",
        src_colorspace=1,
        dst_colorspace=1,
        interpolation=Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
        src_color_range=full_range,
        dst_color_range=ColorRange.JPEG,
    )
    tags = ColourTags(matrix=1, range=full_range)
    image = ToRgb(tags, width_px=size_px[0], height_px=size_px[1])(stored)
    np.testing.assert_array_equal(image, plain.to_ndarray())


@pytest.mark.parametrize("matrix", [1, 6])
@pytest.mark.parametrize("full_range", [1, 2])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p"])
def test_there_and_back_is_nearly_lossless(matrix: int, full_range: int, pixel_format: str) -> None:
    tags = ColourTags(matrix=matrix, range=full_range)
    image = picture(7, 128, 96)
    to_rgb = ToRgb(tags, width_px=128, height_px=96)
    # FFmpeg takes chroma to be centred in pictures that come from no decoder
    from_rgb = FromRgb(tags, height_px=96, pixel_format=pixel_format, site=(0.5, 0.5))
    once = to_rgb(from_rgb(image))
    error = once.astype(int) - image
    assert np.abs(error).mean() < 0.8
    assert np.abs(error.mean(axis=(0, 1))).max() < 0.3
    # nor does it drift when footage is processed again
    again = once
    for _ in range(5):
        again = to_rgb(from_rgb(again))
    assert np.abs((again.astype(int) - once).mean(axis=(0, 1))).max() < 0.15


@pytest.mark.parametrize(("matrix", "weights"), [(1, BT709), (6, BT601)])
@pytest.mark.parametrize("full_range", [1, 2])
def test_writing_side_equals_the_formulas(matrix: int, weights: tuple, full_range: int) -> None:
    image = picture(3, 64, 48)
    coded = FromRgb(ColourTags(matrix=matrix, range=full_range), height_px=48, pixel_format="yuv444p")(image)
    expected = yuv_from_rgb(image, *weights, full=full_range == 2)
    assert np.abs(coded.to_ndarray().astype(int) - expected).max() <= 1


def test_missing_matrix_is_guessed_by_height() -> None:
    assert ColourTags().matrix_for(719) == 6
    assert ColourTags().matrix_for(720) == 1
    assert ColourTags(matrix=1).matrix_for(100) == 1
    assert ColourTags(matrix=9).matrix_for(100) == 9
    assert ColourTags(matrix=0, range=2).written == ColourTags(range=2)
