"""Which stretches of footage a report plays, and how its window follows a face."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from clips import make_clip, picture
from made_facesets import Look, difference, faces_of, upright_face, write_faceset
from understudy.faces.crop import stored_size_px
from understudy.faces.face import FaceSquare
from understudy.workflows.report_footage import (
    AROUND_S,
    MAX_FRAMES,
    find_places,
    show,
    show_source,
    shown_spans,
    steady_windows,
)


def frames_in(spans, frames, rate=25):
    return [i for i in range(frames) if any(first <= i / rate <= last for first, last in spans)]


def test_short_footage_is_played_whole():
    assert frames_in(shown_spans([1.0], MAX_FRAMES, 10.0), MAX_FRAMES) == list(range(MAX_FRAMES))


def test_long_footage_is_its_start_and_the_moments():
    moments = [3.0, 40.0, 59.0]
    shown = frames_in(shown_spans(moments, 1500, 60.0), 1500)
    assert 0.9 * MAX_FRAMES <= len(shown) <= MAX_FRAMES
    for moment in moments:
        around = range(round((moment - AROUND_S) * 25), round((moment + AROUND_S) * 25) + 1)
        assert set(around) <= set(shown)


def test_footage_that_starts_late_has_its_opening_too():
    early, late = (
        shown_spans([start + 3.0, start + 40.0], 1500, 60.0, start_s=start) for start in (0.0, 10.0)
    )
    assert [end for _, end in late] == pytest.approx([end + 10 for _, end in early])


def test_frames_are_chosen_by_the_target_whatever_clock_the_output_has(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "target.mkv", pts=list(range(250, 290)), time_base=Fraction(1, 25))
    output = make_clip(tmp_path / "output.mkv", frames=30)  # restarts at 0, and ends early
    places = find_places(target, [(-np.inf, 10.3), (11.0, 11.3)])
    shown = [i for i in range(40) if i <= 7 or 25 <= i <= 32]
    (of_target,) = show("target", target, places, whole=False).clips
    of_output, whole = show("output", output, places).clips
    assert of_target.times_s == pytest.approx([10 + i / 25 for i in shown], abs=2e-3)
    assert list(of_output.times_s) == list(whole.times_s) == list(of_target.times_s)[: 8 + 5]
    for index, file in zip(shown, whole.frames, strict=False):
        decoded = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        error = [np.abs(decoded - picture(i, 96, 64).astype(float)).mean() for i in range(30)]
        assert np.argmin(error) == index


def test_of_a_faceset_the_faces_are_shown_upright(tmp_path: Path) -> None:
    looks: list[Look] = [{"mouth": 0.02 * n} for n in range(3)]
    clip = show_source(write_faceset(tmp_path / "anna", "anna.mp4", looks))
    assert len(clip.frames) == len(looks)
    for file, face in zip(clip.frames, faces_of(looks), strict=True):
        shown = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        size = stored_size_px(face.square)
        edge = (len(shown) - size) // 2  # never enlarged
        assert difference(shown[edge : edge + size, edge : edge + size], upright_face(face, size)) < 5


def test_many_moments_leave_a_start_to_look_at():
    shown = frames_in(shown_spans(list(range(5, 55)), 1500, 60.0), 1500)
    assert set(range(MAX_FRAMES // 4)) <= set(shown)


def squares(x, side=100.0):
    return {i: FaceSquare(x_px=float(v), y_px=200.0, side_px=side, roll_rad=0.2) for i, v in enumerate(x)}


def test_the_window_stands_still_for_nods():
    windows = steady_windows(squares(300 + 15 * np.sin(np.arange(100) / 5)))
    assert len({(w.x_px, w.y_px, w.side_px) for w in windows.values()}) == 1
    assert windows[0].x_px == pytest.approx(300, abs=2)
    assert windows[0].roll_rad == 0


def test_the_window_follows_who_walks_and_never_jumps():
    x = np.concatenate([np.full(40, 300), np.linspace(300, 700, 60), np.full(40, 700)])
    windows = steady_windows(squares(x + np.random.default_rng(0).normal(0, 4, len(x))))
    for i, window in windows.items():
        assert abs(window.x_px - x[i]) < 35  # a third of the face: it stays in the picture
    speed = [abs(b.x_px - a.x_px) for a, b in pairwise(windows.values())]
    assert max(speed) < 9  # the walk itself is 6.8 px a frame, the jitter up to 15


def test_stretches_far_apart_do_not_mix():
    path = squares([300] * 20) | {i + 500: square for i, square in squares([900] * 20).items()}
    windows = steady_windows(path)
    assert windows[19].x_px == pytest.approx(300)
    assert windows[500].x_px == pytest.approx(900)
