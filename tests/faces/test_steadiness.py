"""Crops of noisy footage: at rest they stand still, of a movement they lose its trembling only."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from crop_steadiness import (
    CropPath,
    crop_path,
    lag_frames,
    moved,
    onset_error_px,
    raw_and_smooth,
    unsmoothed_finder,
    write_noisy,
)
from landmark_accuracy import ONSET, starting

import actors
from footage import beside
from understudy.faces.face import FaceSquare
from understudy.faces.finder import FaceFinder
from understudy.media.images import read_image
from understudy.media.reader import VideoReader

CLIPS = ("d6", "d9", "d14")


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return unsmoothed_finder()


def paths(clip: Path, finder: FaceFinder, frames: int) -> tuple[CropPath, CropPath]:
    """The crop of the longest track, without and with smoothing."""
    with VideoReader(clip) as reader:
        raw, smooth = raw_and_smooth(islice(reader, frames), finder)[0]
    assert len(raw) == frames
    return crop_path(raw), crop_path(smooth)


@pytest.mark.parametrize("name", ["A_testA", "B_testB"])
def test_a_still_picture_as_noisy_video_has_a_still_crop(
    name: str, finder: FaceFinder, tmp_path: Path
) -> None:
    still = actors.frames_of(name, stop=1)[0].image
    write_noisy(tmp_path / "still.mp4", [still] * 90, grain=4)
    raw, smooth = paths(tmp_path / "still.mp4", finder, 90)
    assert smooth.wander_px <= 0.15
    assert smooth.wander_px < 0.25 * raw.wander_px
    assert smooth.fast_px < 0.1 * raw.fast_px


@pytest.mark.parametrize("name", ["image00475", "image00516"])
def test_landmarks_that_cannot_decide_leave_the_crop_where_it_is(
    name: str, finder: FaceFinder, tmp_path: Path
) -> None:
    # of the first they go to and fro by a tenth of the face
    photograph = read_image(beside(f"data/landmarks/aflw2000_3d68/{name}.jpg"))
    write_noisy(tmp_path / "still.mp4", [photograph] * 90)
    raw, smooth = paths(tmp_path / "still.mp4", finder, 90)
    assert raw.wander_px > 0.5
    assert smooth.wander_px <= 0.1


@pytest.mark.parametrize("speed_px", [1.0, 4.0])
def test_the_start_of_a_movement_is_not_smeared(
    speed_px: float, finder: FaceFinder, still: np.ndarray, tmp_path: Path
) -> None:
    shifts_px = starting(speed_px)
    write_noisy(tmp_path / "start.mp4", moved(still, shifts_px))
    raw, smooth = paths(tmp_path / "start.mp4", finder, len(shifts_px))
    assert onset_error_px(smooth, shifts_px, ONSET) < onset_error_px(raw, shifts_px, ONSET) + 0.3


@pytest.mark.parametrize("name", CLIPS)
def test_of_a_moving_face_only_the_trembling_is_taken(name: str, finder: FaceFinder) -> None:
    raw, smooth = paths(beside(f"data/video/expressive/{name}.mp4"), finder, 120)
    assert smooth.fast_px <= 0.5 * raw.fast_px
    assert round(lag_frames(raw, smooth)) == 0
    # what moves for longer than a blink is still there
    slow, slow_raw = (
        np.stack([p.points_px[i : i + 9].mean(axis=0) for i in range(112)]) for p in (smooth, raw)
    )
    assert np.sqrt(((slow - slow_raw) ** 2).sum(axis=-1).mean()) < 0.8


def squares(x: np.ndarray, roll: float = 0.0) -> list[FaceSquare]:
    return [FaceSquare(x_px=float(v), y_px=50.0, side_px=100.0, roll_rad=roll) for v in x]


def test_the_figures_say_what_they_are_for() -> None:
    time = np.arange(200)
    slow, fast = np.sin(2 * np.pi * 0.02 * time), np.sin(2 * np.pi * 0.4 * time)
    scale = 256 / 125
    assert crop_path(squares(slow)).wander_px == pytest.approx(scale * np.sqrt(0.5), rel=0.02)
    assert crop_path(squares(slow)).fast_px < 0.01
    assert crop_path(squares(fast)).fast_px == pytest.approx(scale * np.sqrt(0.5), rel=0.05)
    # a parabola through three values is a little off between them
    for late in (0, 1, 3):
        assert lag_frames(crop_path(squares(slow)), crop_path(squares(np.roll(slow, late)))) == pytest.approx(
            late, abs=0.2
        )
    shifts_px = starting(2.0)
    assert onset_error_px(crop_path(squares(shifts_px[:, 0])), shifts_px, ONSET) < 1e-9
    late_by_2 = np.concatenate([[0, 0], shifts_px[:-2, 0]])
    assert onset_error_px(crop_path(squares(late_by_2)), shifts_px, ONSET) == pytest.approx(4 * scale)
