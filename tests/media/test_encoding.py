"""What is encoded with what, and what is said where that cannot be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from clips import make_clip
from understudy.core.errors import MediaError
from understudy.core.types import Frame
from understudy.media.colour import ColourTags
from understudy.media.encoding import encoding_for, is_native
from understudy.media.info import VideoInfo
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter


@pytest.fixture(scope="module")
def like(tmp_path_factory: pytest.TempPathFactory) -> VideoInfo:
    with VideoReader(make_clip(tmp_path_factory.mktemp("like") / "a.mp4", frames=2)) as reader:
        return reader.info


@pytest.mark.parametrize(
    ("codec", "suffix", "said"),
    [
        ("prores", ".mov", "prores cannot store pictures in yuv420p, the footage's own format"),
        ("prores", ".mp4", ".mp4 cannot hold prores: name the output .mov or .mkv"),
        ("av1", ".mp4", "there is no codec 'av1'"),
    ],
)
def test_what_cannot_be_is_told(like: VideoInfo, codec: str, suffix: str, said: str) -> None:
    with pytest.raises(MediaError, match=said):
        encoding_for(like, suffix, native=True, codec=codec, preset="veryfast")


def test_a_quality_is_not_dropped_where_there_is_none(like: VideoInfo) -> None:
    with pytest.raises(MediaError, match=r"crf\) is given, and ffv1 has none: leave --crf"):
        encoding_for(like, ".mkv", native=True, codec="ffv1", crf=3, preset="veryfast")
    own = replace(like, codec="prores", pixel_format="yuv422p10le", path=Path("b.mov"))
    with pytest.raises(MediaError, match=r"prores, in which b.mov is, too, has none"):
        encoding_for(own, ".mov", native=True, crf=3, preset="veryfast")
    assert encoding_for(own, ".mov", native=True, preset="veryfast").codec == "prores"
    assert (
        encoding_for(own, ".mov", native=True, codec="hevc", crf=3, preset="veryfast").options["crf"] == "3"
    )


@pytest.mark.parametrize(
    ("codec", "odd", "expected"),
    [
        ("h264", False, "yuv420p"),
        ("h264", True, "yuv444p"),
        ("ffv1", False, "yuv420p"),
        ("prores", False, "yuv422p10le"),
        ("prores", True, "yuv444p10le"),
    ],
)
def test_what_is_only_known_as_rgb_gets_a_format_of_the_codec(
    like: VideoInfo, codec: str, odd: bool, expected: str
) -> None:
    """Images, for one: a prores of a folder of PNGs is what compositors ask for."""
    size = {"coded_width_px": 95 if odd else 96, "width_px": 95 if odd else 96}
    given = replace(like, pixel_format="rgb24", **size)
    encoding = encoding_for(given, ".mov", native=False, codec=codec, preset="veryfast")
    assert encoding.pixel_format == expected


NATIVE = {
    "full range": ("libx264", "yuv420p", (1, 1, 1, 2), 2.0),
    "JPEG's": ("libx264", "yuvj420p", (1, 1, 1, 2), 2.0),
    "10 bits": ("libx265", "yuv420p10le", (1, 1, 1, 1), 2.0),
    "4:2:2": ("libx264", "yuv422p", (1, 1, 1, 1), 2.0),
    "PQ": ("libx265", "yuv420p10le", (9, 9, 16, 1), 3.0),
    "HLG": ("libx265", "yuv420p10le", (9, 9, 18, 1), 3.0),
    "HLG of 8 bits": ("libx264", "yuv420p", (9, 9, 18, 1), 4.0),
}


@pytest.mark.parametrize("kind", NATIVE)
def test_a_frame_that_is_only_known_as_rgb_looks_the_same_in_native_footage(
    tmp_path: Path, kind: str
) -> None:
    """One whose size changed within the video, for one: it is written among those that are decoded."""
    codec, pixel_format, tags, most = NATIVE[kind]
    y, x = np.mgrid[:64, :96]
    soft = (110 + 40 * np.stack([np.sin(x / 19), np.cos(y / 13), np.sin((x + y) / 24)], -1)).astype(np.uint8)
    target = make_clip(
        tmp_path / "a.mp4", frames=8, codec=codec, pixel_format=pixel_format, tags=tags, image=soft
    )  # fmt: skip
    out = tmp_path / "out.mp4"
    with VideoReader(target) as reader:
        assert is_native(reader.info)
        images = [frame.image for frame in reader]
        with VideoWriter(out, like=reader.info, native=True, crf=1) as writer:
            for index, image in enumerate(images):
                base = reader.info.time_base
                writer.write(Frame(index=index, pts=round(index / 25 / base), time_base=base, image=image))
    with VideoReader(out) as one, VideoReader(target) as other:
        assert (one.info.pixel_format, one.info.colour) == (other.info.pixel_format, other.info.colour)
        for frame, image in zip(one, images, strict=True):
            assert np.abs(frame.image.astype(int) - image).mean() < most
    assert ColourTags(matrix=tags[0], primaries=tags[1], transfer=tags[2], range=tags[3]) == one.info.colour


def test_images_become_prores(tmp_path: Path, like: VideoInfo) -> None:
    given = replace(like, pixel_format="rgb24", container="images", codec="png", path=tmp_path)
    image = np.full((64, 96, 3), (200, 60, 90), np.uint8)
    with VideoWriter(tmp_path / "o.mov", like=given, codec="prores") as writer:
        for index in range(3):
            pts = round(index / 25 / given.time_base)
            writer.write(Frame(index=index, pts=pts, time_base=given.time_base, image=image))
    with av.open(str(tmp_path / "o.mov")) as container:
        assert container.streams.video[0].codec_context.name == "prores"
        assert container.streams.video[0].codec_context.pix_fmt == "yuv422p10le"
    with VideoReader(tmp_path / "o.mov") as reader:
        assert np.abs(next(iter(reader)).image.astype(int) - image).max() <= 3


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv420p10le"])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_quality_of_0_is_lossless(tmp_path: Path, codec: str, pixel_format: str) -> None:
    source = make_clip(tmp_path / "a.mkv", codec="libx265", pixel_format=pixel_format, frames=6)
    out, stored = tmp_path / "b.mkv", []
    with (
        VideoReader(source) as reader,
        VideoWriter(out, like=reader.info, native=True, codec=codec, crf=0) as writer,
    ):
        for frame in reader.partial():
            coded = frame.image.coded  # type: ignore[attr-defined]
            stored.append(coded.to_ndarray())
            writer.write_coded(coded, frame.time_s)
    with av.open(str(out)) as container:
        for picture, before in zip(container.decode(video=0), stored, strict=True):
            np.testing.assert_array_equal(picture.to_ndarray(), before)
