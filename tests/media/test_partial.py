"""Parts of decoded pictures against the whole, converted at once."""

from pathlib import Path

import av
import numpy as np
import pytest

from clips import make_clip
from clips import picture as picture_of
from understudy.core.picture import WholePicture
from understudy.media.colour import ColourTags, ToRgb
from understudy.media.partial import DecodedPicture, PartsToRgb
from understudy.media.reader import VideoReader
from understudy.media.rotation import Orientation


def boxes(width: int, height: int, count: int = 12) -> list[tuple[int, int, int, int]]:
    """Some parts of a picture, its corners among them."""
    rng = np.random.default_rng(3)
    xs = np.sort(rng.integers(0, width + 1, (count, 2)), axis=1)
    ys = np.sort(rng.integers(0, height + 1, (count, 2)), axis=1)
    within = [
        (int(a), int(c), max(int(b), int(a) + 1), max(int(d), int(c) + 1))
        for (a, b), (c, d) in zip(np.minimum(xs, width - 1), np.minimum(ys, height - 1), strict=True)
    ]
    return [*within, (0, 0, 9, 9), (width - 9, height - 9, width, height), (0, 0, width, height)]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize(
    ("pixel_format", "size_px"),
    [
        *((name, (322, 190)) for name in ("yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "gray")),
        ("yuv444p", (321, 191)),
    ],
)
def test_a_part_is_what_the_whole_picture_has_there(
    tmp_path: Path, pixel_format: str, size_px: tuple[int, int], rotation: int
) -> None:
    path = make_clip(
        tmp_path / "a.mp4", frames=4, size_px=size_px, pixel_format=pixel_format, rotation_deg=rotation
    )
    with VideoReader(path) as whole, VideoReader(path) as partial:
        for frame, part_frame in zip(whole, partial.partial(), strict=True):
            assert (frame.index, frame.pts, frame.time_s) == (
                part_frame.index,
                part_frame.pts,
                part_frame.time_s,
            )
            picture, (height, width) = part_frame.image, frame.image.shape[:2]
            assert (picture.height_px, picture.width_px) == (height, width)
            for x0, y0, x1, y1 in boxes(width, height):
                np.testing.assert_array_equal(picture.part(x0, y0, x1, y1), frame.image[y0:y1, x0:x1])
            np.testing.assert_array_equal(picture.whole(), frame.image)


@pytest.mark.parametrize("rotation", [0, 90])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv420p10le"])
def test_small_ones_look_like_the_whole(tmp_path: Path, pixel_format: str, rotation: int) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=2, pixel_format=pixel_format, rotation_deg=rotation)
    with VideoReader(path) as whole, VideoReader(path) as partial:
        for frame, part_frame in zip(whole, partial.partial(), strict=True):
            picture, reference = part_frame.image, WholePicture(frame.image)
            size = (picture.width_px // 3, picture.height_px // 3)
            error = picture.resized(*size).astype(int) - reference.resized(*size)
            assert np.abs(error).mean() < 1.5
            ours, theirs = picture.thumbnail(16).ravel(), reference.thumbnail(16).ravel()
            assert ours.shape == (256,)
            assert np.corrcoef(ours, theirs)[0, 1] > 0.99


def test_only_what_is_looked_at_is_converted(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=1, size_px=(640, 480))
    with VideoReader(path) as reader:
        (frame,) = reader.partial()
    first = frame.image.part(100, 100, 200, 200)
    inside = frame.image.part(120, 120, 190, 190)
    assert np.shares_memory(first, inside)
    assert not np.shares_memory(first, frame.image.part(400, 300, 500, 400))
    assert first.base is not None
    assert first.base.size < 640 * 480 * 3 / 4


@pytest.mark.parametrize(("pixel_format", "size_px"), [("yuv420p", (321, 191)), ("yuv411p", (322, 190))])
def test_nor_does_chroma_that_overhangs_make_a_difference(
    pixel_format: str, size_px: tuple[int, int]
) -> None:
    rgb = av.VideoFrame.from_ndarray(picture_of(1, *size_px), format="rgb24")
    decoded = rgb.reformat(format=pixel_format)
    tags, (width, height) = ColourTags(matrix=6, range=1), size_px
    to_rgb = PartsToRgb(tags, Orientation(), width_px=width, height_px=height)
    whole = ToRgb(tags, width_px=width, height_px=height)(decoded)
    for x0, y0, x1, y1 in boxes(width, height):
        part = DecodedPicture(decoded, to_rgb).part(x0, y0, x1, y1)
        np.testing.assert_array_equal(part, whole[y0:y1, x0:x1])
