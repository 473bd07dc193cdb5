"""A swap's report, whatever kind of footage shows the source."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from understudy.media.images import write_image
from understudy.media.reader import VideoReader
from understudy.workflows.configs import TrainResult
from understudy.workflows.evaluate import EvaluateResult
from understudy.workflows.swap_report import write_swap_report

NOTHING_MEASURED = EvaluateResult(
    frames=4,
    measured=0,
    identity={},
    expression={},
    pose_deg=None,
    gaze_deg=None,
    flicker=None,
    seam=None,
    sync_ms=None,
    truth={},
)


def a_folder_of_videos(clip: Path, folder: Path) -> Path:
    shutil.copy(clip, folder / "2.mp4")
    shutil.copy(clip, folder / "10.mp4")
    return folder


def photos_of_several_sizes(clip: Path, folder: Path) -> Path:
    with VideoReader(clip) as reader:
        for frame, size_px in zip(reader, ((400, 300), (320, 320), (150, 260)), strict=False):
            write_image(folder / f"{frame.index}.png", np.asarray(cv2.resize(frame.image, size_px), np.uint8))
    return folder


def photos_without_a_face(clip: Path, folder: Path) -> Path:
    for index, shape in enumerate(((300, 400, 3), (500, 200, 3), (20, 30, 3))):
        write_image(folder / f"{index}.png", np.full(shape, 90, np.uint8))
    return folder


@pytest.mark.parametrize("make", [a_folder_of_videos, photos_of_several_sizes, photos_without_a_face])
def test_any_kind_of_source_is_shown(
    clips: dict[str, Path], tmp_path: Path, make: Callable[[Path, Path], Path]
) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    training = TrainResult(
        model=tmp_path,
        steps=1,
        seconds=1.0,
        steps_per_s=1.0,
        validation={"mean_face_ssim_in_mask": {}},
        history=[],
        previews=[],
        peak_rss_mb=0.0,
        interrupted=False,
        warnings=[],
    )
    write_swap_report(
        tmp_path / "report.html",
        title="a trial",
        source=make(clips["source"], folder),
        target=clips["target"],
        output=clips["target"],
        truth=None,
        evaluation=NOTHING_MEASURED,
        training=training,
    )
    assert "a trial" in (tmp_path / "report.html").read_text()
