"""Training end to end: it learns, resumes exactly, keeps what was done, and says what is wrong."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from understudy.core.errors import ConfigError, FacesetError, ModelError
from understudy.faces.faceset import Faceset
from understudy.training.loop import Trainer
from understudy.training.model import Model
from understudy.training.model_folder import find_generation, load_model
from understudy.workflows import train, training_session
from understudy.workflows.configs import TrainConfig
from understudy.workflows.memory import needed_bytes

pytestmark = pytest.mark.usefixtures("quick_training")


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_model(folder, bf16=False).model.state_dict()


def _state(folder: Path) -> tuple[object, ...]:
    """All that further training depends on: weights and optimizer, as bits, and the rest of the index."""
    index = find_generation(folder).index
    assert index.budget.finished
    return index.weights_sha256, index.optimizer_sha256, index.step, index.seed, index.loss


def test_it_learns(few_faces: tuple[Path, Path], tmp_path: Path) -> None:
    config = TrainConfig(facesets=few_faces, model=tmp_path / "model", steps=40, batch=4, start="scratch")
    few = train.run(replace(config, model=tmp_path / "few", steps=2))
    many = train.run(config)
    assert many.steps == 40
    for identity in ("source", "target"):
        before, after = (result.validation["ssim_in_mask"][identity] for result in (few, many))
        assert after > before + 0.02
    assert many.previews[-1].exists()
    assert {"step", "seconds", "loss", "ssim source", "ssim target"} <= set(many.history[-1])


def test_the_base_is_a_head_start(facesets: tuple[Path, Path], model: Path, tmp_path: Path) -> None:
    scratch = train.run(
        TrainConfig(facesets=facesets, model=tmp_path / "scratch", steps=6, batch=4, start="scratch")
    )
    history = load_model(model, bf16=False).index.history
    for identity in ("source", "target"):
        assert history[-1][f"ssim {identity}"] > scratch.validation["ssim_in_mask"][identity] + 0.02


def _stop_at(step: int) -> Callable[[object], None]:
    def interrupt(event: object) -> None:
        if getattr(event, "stage", "") == "train" and getattr(event, "done", 0) >= step:
            raise KeyboardInterrupt

    return interrupt


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """A network's work is divided, as on a user's machine, here and in processes that are started."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("two_threads")
def test_a_stopped_run_ends_like_an_undisturbed_one(
    few_faces: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"facesets": few_faces, "batch": 2, "seed": 3, "steps": 12}
    train.run(TrainConfig(model=tmp_path / "whole", **settings))  # type: ignore[arg-type]
    stopped = TrainConfig(model=tmp_path / "stopped", **settings)  # type: ignore[arg-type]
    with monkeypatch.context() as patch:
        patch.setattr(training_session, "READ_EVERY", 1)
        assert train.run(stopped, _stop_at(6)).interrupted
    assert find_generation(tmp_path / "stopped").index.step == 6
    # the same command, no flag, by another process
    code = "from understudy.cli.main import main; main()"
    command = [sys.executable, "-c", code, "train", *few_faces, "--model", stopped.model]
    subprocess.run([*command, "--steps", "12", "--batch", "2", "--seed", "3"], check=True)
    assert _state(tmp_path / "whole") == _state(tmp_path / "stopped")
    with pytest.raises(ModelError, match="holds a model already"):
        train.run(stopped)


def test_weights_of_losses_are_part_of_what_makes_a_run(few_faces: tuple[Path, Path], tmp_path: Path) -> None:
    settings = {"facesets": few_faces, "batch": 2, "steps": 3}
    usual = TrainConfig(model=tmp_path / "usual", **settings)  # type: ignore[arg-type]
    train.run(usual)
    assert "losses" not in find_generation(usual.model).index.settings
    said = replace(usual, losses={"l1": 4, "consistency": 0.15})  # the preset's own anyway
    assert train.finished_result(said) is not None
    other = replace(usual, losses={"ssim": 0.0})
    assert train.finished_result(other) is None
    train.run(replace(other, model=tmp_path / "other"))
    assert find_generation(tmp_path / "other").index.settings["losses"] == {"ssim": 0}
    first, second = _weights(usual.model), _weights(tmp_path / "other")
    assert any(not torch.equal(first[name], second[name]) for name in first)


def test_training_further_begins_a_new_budget(few_faces: tuple[Path, Path], tmp_path: Path) -> None:
    settings = {"facesets": few_faces, "batch": 2, "seed": 3}
    train.run(TrainConfig(model=tmp_path / "a", steps=3, **settings))  # type: ignore[arg-type]
    middle = _weights(tmp_path / "a")
    train.run(TrainConfig(model=tmp_path / "b", steps=3, **settings))  # type: ignore[arg-type]
    again = _weights(tmp_path / "b")
    assert all(torch.equal(middle[name], again[name]) for name in middle)
    for name in ("a", "b"):
        resumed = train.run(TrainConfig(model=tmp_path / name, steps=2, resume=True, **settings))  # type: ignore[arg-type]
        assert resumed.steps == 5
    first, second = _weights(tmp_path / "a"), _weights(tmp_path / "b")
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], middle[name]) for name in first)


def test_ctrl_c_saves(few_faces: tuple[Path, Path], tmp_path: Path) -> None:
    config = TrainConfig(facesets=few_faces, model=tmp_path / "m", steps=50, batch=2)
    result = train.run(config, _stop_at(1))
    assert result.interrupted
    assert 1 <= load_model(tmp_path / "m", bf16=False).index.step <= training_session.READ_EVERY


def test_two_faces_are_too_few(facesets: tuple[Path, Path], tmp_path: Path) -> None:
    with Faceset.create(tmp_path / "small", "small"):
        pass
    config = TrainConfig(facesets=(facesets[0], tmp_path / "small"), model=tmp_path / "m", steps=1)
    with pytest.raises(FacesetError, match=r"small has 0 usable faces, 20 are needed"):
        train.run(config)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"preset": "huge"}, "unknown preset 'huge'"),
        ({"steps": None}, "how long"),
        ({"steps": 0}, "not positive"),
        ({"batch": 0}, "batch is 0"),
        ({"start": "nowhere"}, "unknown start"),
        ({"seed": -1}, "seed is -1"),
        ({"losses": {"focsu": 1}}, "unknown loss 'focsu': did you mean focus?"),
        ({"losses": {"l1": -1}}, "weight of l1 is -1"),
        ({"losses": {"l1": "much"}}, "weight of l1 is much"),
        ({"losses": {"l1": 0, "ssim": 0}}, "no loss of the picture is left"),
        ({"losses": {"consistency": 1}, "preset": "classic"}, "which the loss consistency needs"),
    ],
)
def test_settings_that_make_no_sense(
    facesets: tuple[Path, Path], tmp_path: Path, change: dict[str, object], message: str
) -> None:
    settings = {"facesets": facesets, "model": tmp_path / "m", "steps": 1} | change
    with pytest.raises(ConfigError, match=message):
        train.run(TrainConfig(**settings))  # type: ignore[arg-type]


def test_a_model_is_never_overwritten(facesets: tuple[Path, Path], model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds a model already"):
        train.run(TrainConfig(facesets=facesets, model=model, steps=1))
    with pytest.raises(ModelError, match="no model to go on with"):
        train.run(TrainConfig(facesets=facesets, model=tmp_path / "none", steps=1, resume=True))
    with pytest.raises(ModelError, match="model of source, target"):
        train.run(TrainConfig(facesets=facesets[::-1], model=model, steps=1, resume=True))


def test_memory_that_runs_out_gives_advice_and_keeps_the_model(
    few_faces: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"facesets": few_faces, "model": tmp_path / "m", "batch": 2}
    train.run(TrainConfig(steps=1, **settings))  # type: ignore[arg-type]
    before = _weights(tmp_path / "m")

    def asks_for_too_much(*_: object) -> None:
        torch.empty(1 << 60, dtype=torch.uint8)

    monkeypatch.setattr(Trainer, "step", asks_for_too_much)
    with pytest.raises(ConfigError, match="memory ran out with 2 faces") as caught:
        train.run(TrainConfig(steps=2, resume=True, **settings))  # type: ignore[arg-type]
    assert "--batch 1 fits" in str(caught.value)
    after = _weights(tmp_path / "m")
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_faces_that_do_not_fit_into_memory_are_read_from_disk(
    few_faces: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model("tiny", ["source", "target"], bf16=False)
    room = needed_bytes(model, [0, 0], 2)
    monkeypatch.setattr(train, "available_bytes", lambda _: room + 100_000)
    monkeypatch.setattr(train, "has_fast_bf16", lambda _: False)
    mapped = train.run(TrainConfig(facesets=few_faces, model=tmp_path / "mapped", steps=2, batch=2))
    assert [warning for warning in mapped.warnings if "read from disk at every step" in warning]
    monkeypatch.setattr(train, "available_bytes", lambda _: None)
    held = train.run(TrainConfig(facesets=few_faces, model=tmp_path / "held", steps=2, batch=2))
    assert held.warnings == []
    one, other = _weights(tmp_path / "mapped"), _weights(tmp_path / "held")
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_settings_that_do_not_go_together_are_told(facesets: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="learnt nothing yet"):
        train.run(TrainConfig(facesets=facesets, model=tmp_path / "m", steps=1, encoder="frozen"))
    with pytest.raises(ConfigError, match="high grows with the share of its time"):
        train.run(TrainConfig(facesets=facesets, model=tmp_path / "m", preset="high", until_flat=True))
    assert not (tmp_path / "m").exists()


def test_a_third_identity_joins_a_trained_model(few_faces: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(few_faces[0], tmp_path / "third")
    with closing(sqlite3.connect(tmp_path / "third" / "faces.sqlite")) as database, database:
        renamed = database.execute("UPDATE meta SET value = 'third' WHERE value = 'source'").rowcount
    assert renamed == 1
    settings = {"model": tmp_path / "m", "batch": 1}
    train.run(TrainConfig(facesets=few_faces, steps=1, **settings))  # type: ignore[arg-type]
    before = _weights(tmp_path / "m")
    three = (*few_faces, tmp_path / "third")

    def is_killed(*_: object) -> torch.Tensor:
        raise OSError("killed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "step", is_killed)
        with pytest.raises(OSError, match="killed"):
            train.run(TrainConfig(facesets=three, steps=2, resume=True, **settings))  # type: ignore[arg-type]
    # it holds a whole model of three already, and what was best of two is no best of theirs
    killed = load_model(tmp_path / "m", bf16=False)
    assert killed.model.identities == ("source", "target", "third")
    assert killed.index.best is None
    (tmp_path / "m").rename(tmp_path / "killed")
    train.run(TrainConfig(facesets=few_faces, steps=1, **settings))  # type: ignore[arg-type]
    result = train.run(
        TrainConfig(facesets=three, steps=2, resume=True, encoder="frozen", **settings)  # type: ignore[arg-type]
    )
    assert set(result.validation["ssim_in_mask"]) == {"source", "target", "third"}
    after = _weights(tmp_path / "m")
    assert all(torch.equal(before[name], after[name]) for name in before if name.startswith("encoder."))
    assert any(name.startswith("decoders.2.") for name in after)
    assert load_model(tmp_path / "m", bf16=False).model.identities == ("source", "target", "third")
    again = train.run(TrainConfig(facesets=three, steps=1, resume=True, **settings))  # type: ignore[arg-type]
    assert again.steps == 4
