"""A swap's report, whatever kind of footage shows the source."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from understudy.core.errors import UnderstudyError
from understudy.core.files import sha256_of_file
from understudy.core.types import Image
from understudy.media.images import write_image
from understudy.media.probe import presentation_times
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.training.model_folder import find_generation
from understudy.workflows import reported_evaluate
from understudy.workflows.configs import TrainResult
from understudy.workflows.evaluate import EvaluateConfig
from understudy.workflows.report_facts import settings_of
from understudy.workflows.swap_report import SwapReport, report_data, write_swap_report
from understudy.workflows.training_result import result_of
from workflows.made_evaluations import NOTHING_MEASURED


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
    report = SwapReport(
        title="a trial",
        source=make(clips["source"], folder),
        target=clips["target"],
        output=clips["target"],
        evaluation=NOTHING_MEASURED,
        training=training,
    )
    write_swap_report(tmp_path / "report.html", report)
    assert "a trial" in (tmp_path / "report.html").read_text()


def test_the_person_may_be_shown_by_footage(clips: dict[str, Path], tmp_path: Path) -> None:
    report = SwapReport(
        title="a trial",
        target=clips["target"],
        output=clips["target"],
        evaluation=NOTHING_MEASURED,
        source_faceset=tmp_path,
        target_faceset=clips["target"],
    )
    data = report_data(report)
    assert data.coverage is None
    assert [clip.name for clip in data.clips] == ["target", "output"] * 2
    with pytest.raises(UnderstudyError, match="no face was found in"):
        report_data(replace(report, target_faceset=_black(clips["target"], tmp_path / "black.mp4")))


def test_another_tools_output_gets_the_page_without_training(
    clips: dict[str, Path], facesets: tuple[Path, Path], tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    config = EvaluateConfig(
        output=_darker(clips["target"], tmp_path / "output.mp4"),
        target=clips["target"],
        source=facesets[0],
        target_faceset=facesets[1],
        every=2,
    )
    result = reported_evaluate.run(config, report=page)
    assert (result.report, result.measured) == (page, 24)
    html = page.read_text()
    for heading in ("Measured", "Worst frames", "Best frames", "Frame by frame", "What the source shows"):
        assert f"<h2>{heading}" in html
    assert "<h2>Training" not in html
    assert "<summary>Settings" not in html
    for path in (config.output, config.target):
        assert sha256_of_file(path) in html
    # stills and their places: every second frame was measured, numbers count all frames
    data = report_data(
        SwapReport(
            title="t", target=config.target, output=config.output, evaluation=result, every=config.every
        )
    )
    moments = [*data.worst, *data.best]
    assert len(moments) >= 3
    times = presentation_times(config.target)
    for moment in moments:
        assert moment.frame % 2 == 0
        assert moment.time_s == pytest.approx(float(times[moment.frame]))
        target, output = (decoded(picture) for picture in (moment.target, moment.output))
        assert target.shape == output.shape
        assert target.mean() - output.mean() == pytest.approx(40, abs=12)


def _darker(clip: Path, path: Path) -> Path:
    with VideoReader(clip) as reader, VideoWriter(path, like=reader.info) as writer:
        for frame in reader:
            writer.write(replace(frame, image=np.maximum(frame.image, 40) - np.uint8(40)))
    return path


def _black(clip: Path, path: Path) -> Path:
    with VideoReader(clip) as reader, VideoWriter(path, like=reader.info) as writer:
        for frame in islice(reader, 5):
            writer.write(replace(frame, image=np.zeros_like(frame.image)))
    return path


def decoded(picture: bytes) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def test_everything_the_models_index_holds_is_a_setting(model: Path, facesets: tuple[Path, Path]) -> None:
    index = find_generation(model).index
    settings = settings_of(result_of(model, index))
    said = repr(settings)
    for value in (index.preset, index.weights_sha256, *index.versions.values()):
        assert value in said
    for entry in index.identities:
        assert entry.faceset_digest in said
    assert (settings["seed"], settings["steps"], settings["batch"], settings["start"]) == (0, 6, 4, "base")
