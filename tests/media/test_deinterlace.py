"""Interlaced frames come out as the moment of their first field; progressive ones to the bit as they were."""

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from clips import make_clip
from made_interlaced import SIZE_PX, flagged_frames, make_interlaced, moment
from understudy.media.colour import ColourTags, ToRgb
from understudy.media.deinterlace import Deinterlacer
from understudy.media.reader import VideoReader

FINE = {"qmin": "1", "qmax": "2", "bf": "0"}
MPEG2 = ("mpeg2video", {"flags": "+ildct+ilme", **FINE})
H264 = ("libx264", {"qp": "0", "x264-params": "tff=1"})


def mean_difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b).mean())


def reader_warnings(path: Path) -> list[str]:
    with VideoReader(path) as reader:
        for _ in reader:
            pass
    return reader.warnings


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "top_first"),
    [
        ("a.mp4", H264, "yuv420p", True),
        ("a.mkv", ("libx264", {"qp": "0", "x264-params": "bff=1"}), "yuv420p", False),
        ("a.mpg", MPEG2, "yuv420p", True),
        ("a.ts", MPEG2, "yuv420p", False),
        ("a.mov", ("prores_ks", {"flags": "+ildct"}), "yuv422p10le", True),
    ],
)
def test_interlaced_frames_show_their_first_moment(
    tmp_path: Path, name: str, codec: tuple[str, dict], pixel_format: str, top_first: bool
) -> None:
    path = make_interlaced(tmp_path / name, *codec, pixel_format=pixel_format, top_first=top_first)
    with av.open(str(path)) as container:
        raw = list(container.decode(video=0))
    assert all(picture.interlaced_frame for picture in raw)
    with VideoReader(path) as reader:
        frames = list(reader)
    assert [frame.pts for frame in frames] == [picture.pts for picture in raw]
    assert [frame.index for frame in frames] == list(range(8))
    for frame, picture in zip(frames, raw, strict=True):
        combed = mean_difference(picture.to_ndarray(format="rgb24"), moment(2 * frame.index))
        assert mean_difference(frame.image, moment(2 * frame.index)) < 3 < 15 < combed
    (told,) = reader.warnings
    assert f"{name} is interlaced: 8 of 8 frames" in told


def test_starting_later_gives_the_same_frames(tmp_path: Path) -> None:
    path = make_interlaced(tmp_path / "a.mp4", *H264)
    with VideoReader(path) as reader:
        whole = list(reader)
    with VideoReader(path, start_index=5) as reader:
        rest = list(reader)
    assert [frame.index for frame in rest] == [5, 6, 7]
    for frame in rest:
        np.testing.assert_array_equal(frame.image, whole[frame.index].image)


def test_progressive_footage_is_untouched(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=6)
    with av.open(str(path)) as container:
        raw = list(container.decode(video=0))
    to_rgb = ToRgb(ColourTags(), width_px=96, height_px=64)
    with VideoReader(path) as reader:
        for frame, picture in zip(reader, raw, strict=True):
            np.testing.assert_array_equal(frame.image, to_rgb(picture))
    assert not reader.warnings
    # not even copied, nor held back
    given: list[av.VideoFrame] = []

    def asked() -> Iterator[tuple[int, av.VideoFrame]]:
        for index, picture in enumerate(raw):
            given.append(picture)
            yield index, picture

    for _, picture in Deinterlacer().of(asked()):
        assert picture is given[-1]


@pytest.mark.parametrize("is_woven", [lambda i: i >= 4, lambda i: i % 2 == 1], ids=["late", "every other"])
def test_only_flagged_frames_of_mixed_footage_are_changed(
    tmp_path: Path, is_woven: Callable[[int], bool]
) -> None:
    # no encoder at hand changes its mind on the way, so the flags are those of the frames before encoding
    raw = list(flagged_frames(9, is_woven))
    deinterlacer = Deinterlacer()
    done = list(deinterlacer.of(enumerate(raw)))
    assert [pts for pts, _ in done] == list(range(9))
    assert deinterlacer.count == sum(map(is_woven, range(9)))
    for index, picture in done:
        same = np.array_equal(picture.to_ndarray(), raw[index].to_ndarray())
        assert same != is_woven(index)
        assert mean_difference(picture.to_ndarray(format="rgb24"), moment(2 * index)) < 4


def test_a_file_that_becomes_interlaced(tmp_path: Path) -> None:
    # MPEG-2 streams may be put one after the other
    parts = [
        make_clip(tmp_path / "a.m2v", frames=5, size_px=SIZE_PX, codec="mpeg2video", codec_options=FINE),
        make_interlaced(tmp_path / "b.m2v", *MPEG2, frames=4),
    ]
    path = tmp_path / "both.m2v"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    with VideoReader(path) as reader:
        frames = list(reader)
    with VideoReader(parts[0]) as reader:
        progressive = list(reader)
    assert [frame.index for frame in frames] == list(range(9))
    for frame, alone in zip(frames, progressive, strict=False):
        np.testing.assert_array_equal(frame.image, alone.image)
    for frame in frames[5:]:
        assert mean_difference(frame.image, moment(2 * (frame.index - 5))) < 3
    assert any("both.m2v is interlaced: 4 of 9 frames" in told for told in reader_warnings(path))


def test_the_size_may_change_on_the_way(tmp_path: Path) -> None:
    raw: list[av.VideoFrame] = []
    for name in ("a.mp4", "b.mp4"):
        with av.open(str(make_interlaced(tmp_path / name, *H264, frames=3))) as container:
            raw += list(container.decode(video=0))
    small = [picture.reformat(96, 64) for picture in raw[3:]]
    done = list(Deinterlacer().of(enumerate([*raw[:3], *small])))
    assert [(pts, picture.width) for pts, picture in done] == [(i, 192 if i < 3 else 96) for i in range(6)]


def test_what_is_larger_than_anything_interlaced_passes_as_it_is() -> None:
    raw = [*flagged_frames(2, lambda _: True)]
    large = raw[1].reformat(4104, 2304)
    assert large.interlaced_frame
    done = list(Deinterlacer().of(enumerate([raw[0], large, large])))
    assert [pts for pts, _ in done] == [0, 1, 2]
    assert [picture is large for _, picture in done] == [False, True, True]
