"""A finished swap judged frame by frame, and the worst of it written by `evaluate`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from understudy.core.errors import UnderstudyError
from understudy.core.types import Image
from understudy.measure.frame_quality import FrameQuality
from understudy.workflows import evaluate
from understudy.workflows.evaluate_result import EvaluateConfig
from understudy.workflows.judge_frames import JudgeConfig, run
from understudy.workflows.worst_list import read_worst
from workflows.test_evaluate import (
    NOBODY,
    SOURCE,
    TARGET,
    TellingEmbedder,
    TellingFinder,
    footage,
)

FRAMES = 24
BAD = 14  # one frame of the output is darker
WITHOUT = (4, 5)  # frames in which the target shows no face


def changed(folder: Path, frame: int, change: Callable[[Image], Image]) -> Path:
    """One picture changed, but for the pixels that tell who it shows."""
    file = folder / f"{frame:03d}.png"
    image = cv2.imread(str(file))
    told = image[0, :2].copy()
    image = change(image)
    image[0, :2] = told
    cv2.imwrite(str(file), image)
    return folder


@pytest.fixture(scope="module")
def swap(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Target and output of the same performance, twice over."""
    folder = tmp_path_factory.mktemp("swap")
    moments = [*range(FRAMES // 2), *range(FRAMES // 2)[::-1]]
    who = [NOBODY if i in WITHOUT else TARGET for i in range(FRAMES)]
    target = footage(folder / "target", who, moments)
    output = footage(folder / "output", [NOBODY if i in WITHOUT else SOURCE for i in range(FRAMES)], moments)
    return target, changed(output, BAD, lambda image: cv2.convertScaleAbs(image, alpha=0.7))


def judged(config: JudgeConfig) -> list[FrameQuality]:
    return run(config, new_finder=TellingFinder, embedder=TellingEmbedder())


def test_all_frames_with_the_face_are_judged(swap: tuple[Path, Path]) -> None:
    known = judged(JudgeConfig(target=swap[0], output=swap[1]))
    assert [one.frame_index for one in known] == [i for i in range(FRAMES) if i not in WITHOUT]
    assert all(set(one.figures) == {"seam", "expression", "flicker"} for one in known)
    worst = max(known, key=lambda one: one.badness or 0.0)
    assert worst.frame_index in (BAD, BAD + 1)
    assert worst.reason == "flicker"


def test_a_model_says_who_is_who(swap: tuple[Path, Path], model: Path) -> None:
    with pytest.raises(UnderstudyError, match="has no identity 'nobody': it has source, target"):
        judged(JudgeConfig(target=swap[0], output=swap[1], model=model, source="nobody"))


def test_evaluation_writes_the_worst_frames_and_measures_as_without(
    swap: tuple[Path, Path], tmp_path: Path
) -> None:
    config = EvaluateConfig(target=swap[0], output=swap[1], worst=tmp_path / "worst")
    with_worst, plain = (
        evaluate.run(one, new_finder=TellingFinder, embedder=TellingEmbedder())
        for one in (config, EvaluateConfig(target=swap[0], output=swap[1]))
    )
    assert with_worst.series == plain.series
    worst = read_worst(tmp_path / "worst")
    assert worst.frames[0].frame in (BAD, BAD + 1)
    pictures = cv2.imread(str(tmp_path / "worst" / worst.frames[0].picture))
    assert np.ptp(pictures[100:156, 100:156].astype(int)) > 0
    # of every frame, however few of them are measured
    some = EvaluateConfig(target=swap[0], output=swap[1], worst=tmp_path / "some", every=5)
    evaluate.run(some, new_finder=TellingFinder, embedder=TellingEmbedder())
    assert read_worst(tmp_path / "some").frames == worst.frames


def test_a_folder_that_cannot_be_written_to_is_told_first(swap: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    config = EvaluateConfig(target=swap[0], output=swap[1], worst=tmp_path / "file")
    with pytest.raises(UnderstudyError, match="is a file, and the worst frames are several"):
        evaluate.run(config, new_finder=TellingFinder, embedder=TellingEmbedder())
