"""A look at a model's folder from outside gives what the index says, and never fails."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from understudy.training.model_folder import find_generation
from understudy.training.model_index import ModelIndex
from understudy.workflows.training_look import TrainingLook, look, preview_path
from understudy.workflows.training_result import further_hour, mean_ssim

# time that runs backwards, to nothing
_BACKWARDS = [{"step": n, "seconds": 8 - n, "loss": 1, "ssim a": 0.5} for n in range(1, 9)]


def test_it_says_what_the_index_says(model: Path) -> None:
    index, seen = find_generation(model).index, look(model)
    assert (seen.preset, seen.step, seen.seconds) == (index.preset, index.step, index.seconds)
    assert seen.identities == [entry.name for entry in index.identities]
    assert [point.step for point in seen.history] == [entry["step"] for entry in index.history]
    last = seen.history[-1]
    assert sum(last.ssim.values()) / len(last.ssim) == pytest.approx(mean_ssim(index.history[-1]))
    assert last.loss == index.history[-1]["loss"]
    assert set(seen.mean_face) == set(last.ssim)
    assert seen.best_step == (index.best.step if index.best else None)
    assert seen.previews == [last.step]
    assert preview_path(model, last.step).is_file()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b'{"identities": 5}',
        b'{"identities": [{"name": "a"}], "history": [{"step": "x"}]}',
        b'{"identities": [{"name": "a"}], "history": [{"step": 1, "loss": NaN}]}',
        b'{"identities": [{}]}',
        b'{"best": 3}',
        json.dumps({"identities": [{"name": "a"}], "history": _BACKWARDS}).encode(),
        b'{"step": [' * 90_000,
    ],
)
def test_what_is_damaged_is_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.json").write_bytes(content)
    assert look(tmp_path) == TrainingLook()


def test_previews_are_seen_before_the_first_save_and_other_files_are_not(tmp_path: Path) -> None:
    assert look(tmp_path / "none") == TrainingLook()
    (tmp_path / "previews").mkdir()
    for name in ("step_0000012.jpg", "step_0000003.jpg", "step_x.jpg", ".step_1.part.jpg", "step_4.jpg.exe"):
        (tmp_path / "previews" / name).touch()
    assert look(tmp_path).previews == [3, 12]


def test_the_index_before_is_taken_while_one_is_exchanged(tmp_path: Path) -> None:
    (tmp_path / "model.previous.json").write_text(json.dumps({"step": 7, "preset": "tiny"}))
    assert look(tmp_path).step == 7


def test_what_an_hour_more_brings_is_what_training_says(tmp_path: Path) -> None:
    history = [
        {"step": n, "seconds": 60.0 * n, "loss": 1.0, "ssim a": 0.5 + 0.1 * math.log(n), "ssim b": 0.7}
        for n in range(1, 20)
    ]
    people = [{"name": name, "faceset_digest": "0", "faces": 9} for name in "ab"]
    index = {"preset": "tiny", "identities": people, "history": history, "step": 19, "seconds": 1140.0}
    index["budget"] = {"seconds": 1200.0, "first_step": 2}
    (tmp_path / "model.json").write_text(json.dumps(index))
    said = look(tmp_path).further_hour
    assert said == further_hour(ModelIndex.model_validate(index))
    assert said is not None
    assert said["ssim_gain"] > 0.05


def test_it_does_without_torch() -> None:
    code = "import sys; import understudy.workflows.training_look; print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
