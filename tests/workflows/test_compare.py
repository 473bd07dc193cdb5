"""Outputs compared from files to verdicts, on rendered actors whose truth is known."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from understudy.cli.output import jsonable
from understudy.core.errors import ConfigError, MediaError, UnderstudyError
from understudy.core.events import Event, Notice, Progress, Written
from understudy.core.types import Image
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.workflows import compare
from understudy.workflows.compare_result import CompareConfig, CompareResult, labels_of

from .conftest import shortened

FRAMES = 32


def changed(clip: Path, path: Path, change: Callable[[Image], Image], frames: int = FRAMES) -> Path:
    """A clip with each of its frames changed."""
    with VideoReader(clip) as reader, VideoWriter(path, like=reader.info) as writer:
        for frame in reader:
            if frame.index < frames:
                writer.write(replace(frame, image=change(frame.image)))
    return path


def blur(image: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 6), np.uint8)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("footage")
    names = {"target": "A_testA", "swap": "BhA_testA"}
    paths = {key: shortened(name, folder / f"{key}.mp4", FRAMES) for key, name in names.items()}
    # who it is shows in a few frames, and each costs
    paths["source"] = shortened("B_train", folder / "few.mp4", 6)
    return paths | {"blurred": changed(paths["swap"], folder / "blurred.mp4", blur)}


@pytest.fixture(scope="module")
def heard() -> list[Event]:
    return []


@pytest.fixture(scope="module")
def result(
    footage: dict[str, Path], heard: list[Event], tmp_path_factory: pytest.TempPathFactory
) -> CompareResult:
    """The truth against itself blurred and against the target, in which nothing was swapped."""
    folder = tmp_path_factory.mktemp("report")
    unswapped = folder / "unswapped.mp4"
    shutil.copy(footage["target"], unswapped)
    config = CompareConfig(
        outputs=(footage["swap"], footage["blurred"], unswapped),
        target=footage["target"],
        source=footage["source"],
        truth=footage["swap"],
        every=2,
        report=folder / "report.html",
    )
    return compare.run(config, heard.append)


def test_the_truth_wins_likeness_and_expression(result: CompareResult) -> None:
    figures = {contest.key: contest for contest in result.figures}
    assert [output.label for output in result.outputs] == ["swap", "blurred", "unswapped"]
    for key in ("truth_ssim", "truth_psnr", "expression_rms"):
        assert (figures[key].best, figures[key].verdict) == ("swap", "wins"), key
    assert figures["truth_ssim"].best_share["swap"] == 1
    assert [(s.label, s.start_s) for s in figures["truth_ssim"].stretches] == [("swap", 0)]
    assert figures["nearer_to_source"].values["unswapped"].value == 0  # type: ignore[union-attr]
    assert figures["expression_rms"].unranked == ["unswapped"]
    assert any("unswapped" in message and "nothing was swapped" in message for message in result.warnings)
    assert (result.frames, len(result.times_s)) == (FRAMES, FRAMES // 2)
    # the estimates are the figures of the evaluation, with an interval around them
    one = result.outputs[1].evaluation
    ssim = figures["truth_ssim"].values["blurred"]
    assert ssim is not None
    assert ssim.value == pytest.approx(one.truth["ssim"])
    assert ssim.low < ssim.value < ssim.high  # type: ignore[operator]
    assert figures["mouth_open_r"].values["blurred"].value == pytest.approx(  # type: ignore[union-attr]
        one.expression["r"]["mouth_open"]  # type: ignore[index]
    )


def test_what_was_not_swapped_is_labelled_so(result: CompareResult) -> None:
    page = result.report.read_text("utf-8")  # type: ignore[union-attr]
    captions = dict(re.findall(r"<figcaption>(\S+) (?:<small>([^<]*)</small>)?</figcaption>", page))
    assert captions == {
        "target": "", "swap": "synthetic", "blurred": "synthetic", "unswapped": "not swapped", "truth": ""
    }  # fmt: skip


def test_without_a_source_what_was_not_swapped_is_not_ranked_either(
    footage: dict[str, Path], tmp_path: Path
) -> None:
    unswapped = tmp_path / "unswapped.mp4"
    shutil.copy(footage["target"], unswapped)
    config = CompareConfig(outputs=(footage["swap"], unswapped), target=footage["target"], every=4)
    result = compare.run(config)
    figures = {contest.key: contest for contest in result.figures}
    assert figures["expression_rms"].unranked == ["unswapped"]
    assert figures["expression_rms"].best == "swap"
    assert any("unswapped" in message and "nothing was swapped" in message for message in result.warnings)


def test_the_run_is_heard_of_and_the_result_is_json(result: CompareResult, heard: list[Event]) -> None:
    stages = {event.stage for event in heard if isinstance(event, Progress)}
    assert {"evaluate swap", "evaluate blurred", "evaluate unswapped", "report"} <= stages
    assert [event.path for event in heard if isinstance(event, Written)] == [result.report]
    assert {event.message for event in heard if isinstance(event, Notice)} >= set(result.warnings)
    stored = json.loads(json.dumps(jsonable(result), allow_nan=False))
    assert stored["figures"][0]["values"]["swap"].keys() >= {"value", "low", "high"}
    page = result.report.read_text("utf-8")  # type: ignore[union-attr]
    assert "blurred" in page
    assert page.count("data-clip=") == 5  # target, three outputs, truth


def test_the_same_file_twice_is_a_tie_and_a_shorter_one_is_said(
    footage: dict[str, Path], tmp_path: Path
) -> None:
    again = tmp_path / "again.mp4"
    shutil.copy(footage["blurred"], again)
    short = changed(footage["blurred"], tmp_path / "short.mp4", lambda image: image, 24)
    config = CompareConfig(outputs=(footage["blurred"], again, short), target=footage["target"], every=2)
    result = compare.run(config)
    figures = {contest.key: contest for contest in result.figures}
    assert {contest.verdict for contest in figures.values()} == {"tie"}
    assert figures["pose_deg"].values["again"] == figures["pose_deg"].values["blurred"]
    assert any("differ in length" in message and "short 24" in message for message in result.warnings)
    assert len(result.times_s) == FRAMES // 2
    series = result.outputs[2].evaluation.series["pose_deg"]
    assert len(series) == FRAMES // 2
    assert series[12:] == [None] * 4
    assert "truth_ssim" not in figures


def test_an_output_without_a_face_loses_and_stops_nothing(footage: dict[str, Path], tmp_path: Path) -> None:
    empty = changed(footage["swap"], tmp_path / "empty.mp4", np.zeros_like)
    config = CompareConfig(outputs=(empty, footage["swap"]), target=footage["target"], every=4)
    result = compare.run(config)
    figures = {contest.key: contest for contest in result.figures}
    assert figures["face_found"].best == "swap"
    assert figures["pose_deg"].values["empty"] is None
    assert (figures["pose_deg"].best, figures["pose_deg"].verdict) == ("swap", "only one")
    assert any("no face" in message and "empty" in message for message in result.warnings)


def test_what_cannot_be_compared_is_named_before_anything_is_measured(
    footage: dict[str, Path], tmp_path: Path
) -> None:
    def refused(kind: type[UnderstudyError], says: str, **changes: object) -> None:
        config = CompareConfig(outputs=(footage["swap"], footage["blurred"]), target=footage["target"])
        events: list[Event] = []
        with pytest.raises(kind, match=says):
            compare.run(replace(config, **changes), events.append)
        assert events == []

    text = tmp_path / "notes.mp4"
    text.write_text("not a video")
    small = tmp_path / "small"
    small.mkdir()
    cv2.imwrite(str(small / "0.png"), np.zeros((90, 160, 3), np.uint8))
    refused(MediaError, "notes.mp4", outputs=(footage["swap"], text))
    refused(MediaError, "notes.mp4", truth=text)
    refused(MediaError, "gone.mp4", target=tmp_path / "gone.mp4")
    refused(MediaError, "gone", source=tmp_path / "gone")
    refused(UnderstudyError, "small is 160x90", outputs=(footage["swap"], small))
    for count in (1, 7):
        with pytest.raises(ConfigError, match=f"{count} output"):
            CompareConfig(outputs=(footage["swap"],) * count, target=footage["target"])
    with pytest.raises(ValueError, match="every"):
        CompareConfig(outputs=(footage["swap"],) * 2, target=footage["target"], every=0)


@pytest.mark.parametrize(
    ("paths", "labels"),
    [
        (["x/a.mp4", "y/b.mp4"], ["a", "b"]),
        (["x/a.mp4", "x/a.mov"], ["a.mp4", "a.mov"]),
        (["x/a.mp4", "y/a.mp4"], ["x/a.mp4", "y/a.mp4"]),
        (["x/1/a.mp4", "y/1/a.mp4"], ["x/1/a.mp4", "y/1/a.mp4"]),
        (["x/a.mp4", "x/a.mp4"], ["a (1)", "a (2)"]),
        (["x/target.mp4", "y/b.mp4"], ["target.mp4", "b.mp4"]),
        (["x/output.mp4", "x/b.mp4"], ["output.mp4", "b.mp4"]),
    ],
)
def test_labels_are_short_and_distinct(paths: list[str], labels: list[str]) -> None:
    assert labels_of([Path(path) for path in paths]) == labels
