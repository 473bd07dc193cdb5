"""Which frame is shown when."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from clips import make_clip
from understudy.media.footage import open_near
from understudy.media.reader import VideoReader
from understudy.workflows import lipsync_order
from understudy.workflows.lipsync_order import frames_in_order, picture_order

TB = Fraction(1, 100)


def order(pts: list[int], speech_s: float, length: str) -> tuple[list[int], list[int]]:
    found = picture_order(pts, TB, 4, speech_s, length)  # type: ignore[arg-type]
    assert found.end_pts == found.pts[-1] + 4
    return found.numbers, found.pts


def test_long_speech_plays_the_footage_forth_and_back() -> None:
    numbers, pts = order([0, 4, 8, 12], 0.40, "pingpong")
    assert numbers == [0, 1, 2, 3, 2, 1, 0, 1, 2, 3]
    assert pts == list(range(0, 40, 4))


def test_frames_of_any_length_last_as_long_backwards() -> None:
    numbers, pts = order([7, 10, 20, 21], 0.32, "pingpong")
    assert numbers == [0, 1, 2, 3, 2, 1, 0, 1]
    assert pts == [0, 3, 13, 14, 15, 25, 28, 31]


def test_short_speech_cuts_the_footage_unless_that_is_to_stay() -> None:
    frames = [4 * number for number in range(20)]
    for length in ("pingpong", "cut"):
        assert order(frames, 0.2, length) == ([0, 1, 2, 3, 4], [0, 4, 8, 12, 16])
    assert order(frames, 0.2, "footage")[0] == list(range(20))


@pytest.mark.parametrize("length", ["cut", "footage"])
def test_long_speech_is_cut_where_the_footage_is_not_repeated(length: str) -> None:
    assert order([0, 4, 8], 9.0, length)[0] == [0, 1, 2]


def test_a_single_frame_is_held() -> None:
    assert order([5], 0.17, "pingpong") == ([0] * 5, [0, 4, 8, 12, 16])


@pytest.mark.parametrize("first", [0, 5, 13])
@pytest.mark.parametrize("held", [(2, 3), (16, 400)])
def test_frames_come_as_ordered_from_any_on(
    tmp_path: Path, first: int, held: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lipsync_order, "_HELD_FRAMES", held)
    clip = make_clip(tmp_path / "clip.mp4", frames=8)
    with VideoReader(clip) as reader:
        whole = list(reader)
    plan = picture_order([frame.pts for frame in whole], whole[0].time_base, 1, 20.0, "cut")
    plan = picture_order([frame.pts for frame in whole], whole[0].time_base, plan.pts[1], 0.9, "pingpong")
    assert len(plan.numbers) > 15
    given = list(frames_in_order(clip, plan, first))
    assert [number for number, _ in given] == plan.numbers[first:]
    assert [frame.index for _, frame in given] == list(range(first, len(plan.numbers)))
    assert [frame.pts for _, frame in given] == plan.pts[first:]
    for number, frame in given:
        assert (np.asarray(frame.image.whole()) == whole[number].image).all()


def test_what_lies_far_back_is_not_decoded_for_it(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    random = np.random.default_rng(0)
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("h264", rate=25, options={"g": "4", "bf": "2", "sc_threshold": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(20):
            noise = random.integers(0, 255, (48, 64, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="rgb24")))
        container.mux(stream.encode(None))
    with VideoReader(clip) as reader:
        whole = {frame.pts: frame.image for frame in reader}
    times = list(whole)
    with open_near(clip, times[14]) as near:
        found = {frame.pts: frame.image for frame in near}
    assert list(found) == times[12:]
    assert all((found[pts] == whole[pts]).all() for pts in found)
