"""Training that breaks down goes back, and goes on or says that it cannot."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from limits import enlarge, hearing_ctrl_c, small_disk
from training.made_samples import made_samples
from understudy.core.errors import ModelError, UnderstudyError
from understudy.core.events import Event, Notice, OnEvent, Progress, ignore
from understudy.training import schedule
from understudy.training.batches import Batch, batches
from understudy.training.loop import Trainer
from understudy.training.model import Model
from understudy.training.model_folder import (
    LoadedModel,
    find_generation,
    holds_model,
    load_model,
    save_index,
)
from understudy.training.model_index import Best, Budget, IdentityEntry, ModelIndex
from understudy.training.schedule import Schedule
from understudy.training.validate import Validation
from understudy.workflows import training_session
from understudy.workflows.training_board import Board, TensorBoard
from understudy.workflows.training_session import MOST_ROLLBACKS, TrainingSession

pytestmark = pytest.mark.usefixtures("quick_training", "one_thread")
SEED = 5


@pytest.fixture(autouse=True)
def foreground() -> Generator[None]:
    with hearing_ctrl_c():
        yield


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first validation is not waited for."""
    monkeypatch.setattr(training_session, "_FIRST_VALIDATION_S", 0.0)


def session(
    folder: Path, steps: int, on_event: OnEvent = ignore, *, sick: bool = False, board: Board | None = None
) -> TrainingSession:
    """Of made faces, from what lies in the folder; sick faces have expressions that are no numbers."""
    identities = [made_samples(name, 20, 128, seed) for seed, name in enumerate(("a", "b"))]
    if sick:
        for samples in identities:
            samples.expressions[:] = float("nan")
    if holds_model(folder):
        loaded = load_model(folder, bf16=False)
        loaded.index.budget = Budget(steps=steps, first_step=loaded.index.step)
    else:
        torch.manual_seed(SEED)
        entries = [IdentityEntry(name=name, faceset_digest="0", faces=20) for name in ("a", "b")]
        index = ModelIndex(preset="tiny", identities=entries, seed=SEED, budget=Budget(steps=steps))
        loaded = LoadedModel(model=Model("tiny", ["a", "b"], bf16=False), index=index)
    return TrainingSession(loaded, folder, identities, 1, on_event, board)


def poisoned_at(step: int) -> object:
    """Batches as ever, but the one of this step is not numbers, until training goes back."""

    def make(identities: object, size: int, seed: int, first_step: int, *how: object) -> Generator[Batch]:
        real = batches(identities, size, seed, first_step, *how)  # type: ignore[arg-type]
        for number, batch in enumerate(real, first_step):
            if number == step and seed == SEED:
                batch.expression_BX.fill_(float("nan"))
            yield batch

    return make


@pytest.mark.parametrize("step", [4, 12])  # seen when the losses are read; and only at the end
def test_a_batch_of_nan_rolls_back_and_training_goes_on(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_session, "batches", poisoned_at(step))
    said: list[Event] = []
    result = session(tmp_path, 13, said.append).run()
    assert result.steps == 13
    (warning,) = result.warnings
    assert "a loss is nan" in warning
    assert "goes on from step 0 with other batches, at 0.5 of the learning rate" in warning
    assert [event.message for event in said if isinstance(event, Notice)] == [warning]
    loaded = load_model(tmp_path, bf16=False)
    assert loaded.index.budget.finished
    assert (loaded.index.rollbacks, loaded.index.rate_factor) == (1, 0.5)
    assert all(torch.isfinite(value).all() for value in loaded.model.state_dict().values())


def test_it_goes_back_to_the_last_save_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_session, "batches", poisoned_at(7))
    monkeypatch.setattr(training_session, "SAVE_EVERY_S", 0.0)
    (warning,) = session(tmp_path, 9).run().warnings
    assert "goes on from step 7" in warning


def test_a_weight_that_is_no_number_is_never_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = Trainer.step
    broken: list[int] = []

    def hurt(self: Trainer, batch: Batch, rate: float, number: int) -> torch.Tensor:
        loss = step(self, batch, rate, number)
        if number == 2 and not broken:
            broken.append(number)
            next(self.model.decoders.parameters()).data.flatten()[0] = float("inf")
        return loss

    monkeypatch.setattr(Trainer, "step", hurt)
    (warning,) = session(tmp_path, 3).run().warnings
    assert "a weight is no number" in warning
    assert all(p.isfinite().all() for p in load_model(tmp_path, bf16=False).model.parameters())


def test_what_breaks_again_and_again_is_an_error_and_the_save_is_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_session, "READ_EVERY", 1)
    session(tmp_path, 2).run()
    said: list[Event] = []
    with pytest.raises(ModelError, match=r"broke down 6 times in a row.* holds step 2, which is good"):
        session(tmp_path, 9, said.append, sick=True).run()
    assert len([event for event in said if isinstance(event, Notice)]) == MOST_ROLLBACKS
    index = find_generation(tmp_path).index
    assert (index.step, index.rollbacks) == (2, MOST_ROLLBACKS + 1)  # the same command tries others
    assert index.rate_factor == 0.5 ** (MOST_ROLLBACKS + 1)
    assert all(p.isfinite().all() for p in load_model(tmp_path, bf16=False).model.parameters())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process at SIGTERM, without its handler")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_between_two_steps_and_what_was_done_is_saved(number: int, tmp_path: Path) -> None:
    def on_event(event: Event) -> None:
        if isinstance(event, Progress):
            os.kill(os.getpid(), number)

    result = session(tmp_path, 500, on_event).run()
    assert result.interrupted
    index = find_generation(tmp_path).index
    assert 0 < index.step == result.steps < 500
    assert not index.budget.finished
    assert index.history == result.history


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGUSR1")
def test_a_signal_saves_and_training_goes_on(tmp_path: Path) -> None:
    saved: list[int] = []

    def on_event(event: Event) -> None:
        if isinstance(event, Progress):
            saved.append(find_generation(tmp_path).index.step)
            if len(saved) == 1:
                os.kill(os.getpid(), signal.SIGUSR1)

    result = session(tmp_path, 21, on_event).run()
    assert not result.interrupted
    assert result.steps == 21
    assert saved[0] == 0 < saved[-1] < 21


def test_the_best_validation_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = iter((0.2, 0.5, 0.4, 0.3))
    monkeypatch.setattr(training_session, "VALIDATE_EVERY_S", 0.0)
    monkeypatch.setattr(training_session, "_TRAIN_SHARE", 0.0)
    monkeypatch.setattr(Validation, "ssim", lambda self, model: dict.fromkeys("ab", next(figures)))
    result = session(tmp_path, 3).run()
    assert [entry["ssim a"] for entry in result.history] == [0.2, 0.5, 0.4, 0.3]
    assert result.best_step == 2
    best = load_model(tmp_path / "best", bf16=False)
    assert (best.index.step, best.index.best) == (2, Best(step=2, ssim=0.5))
    assert find_generation(tmp_path).index.step == 3
    # as after a kill: the newest save knows nothing of it
    index = find_generation(tmp_path).index
    index.best = None
    save_index(tmp_path, index)
    figures = iter((0.45, 0.45))
    assert session(tmp_path, 1).run().best_step == 2


def test_a_disk_that_is_full_for_a_while_costs_a_save_and_not_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_session, "SAVE_EVERY_S", 0.0)
    monkeypatch.setattr(training_session, "READ_EVERY", 1)
    with small_disk(tmp_path / "disk", 500_000) as disk:

        def on_event(event: Event) -> None:
            if isinstance(event, Progress):
                used_kb = sum(path.stat().st_size for path in disk.rglob("*") if path.is_file()) // 1024
                enlarge(disk, used_kb + 400 if event.done == 2 else 500_000)

        result = session(disk, 3, on_event).run()
        assert len(result.warnings) == 1
        assert "step 2 is not saved" in result.warnings[0]
        assert "the disk is full" in result.warnings[0]
        assert find_generation(disk).index.step == 3


def test_a_disk_that_is_full_costs_curves_and_not_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    monkeypatch.setattr(training_session, "READ_EVERY", 1)
    with small_disk(tmp_path / "disk", 500_000) as disk:

        def on_event(event: Event) -> None:
            if isinstance(event, Progress):
                enlarge(disk, 500_000 if event.done == 3 else shutil.disk_usage(disk).used // 1024)

        result = session(disk, 3, on_event, board=TensorBoard(disk)).run()
        assert (result.steps, find_generation(disk).index.step) == (3, 3)
        (told,) = [warning for warning in result.warnings if "TensorBoard" in warning]
        assert "No space left on device" in told
        events = accumulator.EventAccumulator(str(disk / "tensorboard"))
        events.Reload()
        assert events.Scalars("loss")[-1].step == 3


def test_a_disk_that_is_full_at_the_end_is_an_error_and_the_last_save_is_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_session, "READ_EVERY", 1)
    with small_disk(tmp_path / "disk", 500_000) as disk:

        def on_event(event: Event) -> None:
            if isinstance(event, Progress):
                used_kb = sum(path.stat().st_size for path in disk.rglob("*") if path.is_file()) // 1024
                enlarge(disk, used_kb + 400)

        with pytest.raises(UnderstudyError, match="the disk is full: free some space"):
            session(disk, 2, on_event).run()
        assert find_generation(disk).index.step == 0
        enlarge(disk, 500_000)
        assert session(disk, 2).run().steps == 2


@pytest.fixture
def short_rise(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rate is at its peak, where it is asked whether training is flat, from step 5 on, not 50."""
    schedule_of = Schedule.of
    monkeypatch.setattr(Schedule, "of", lambda *of: replace(schedule_of(*of), rise_steps=5))


@pytest.mark.usefixtures("short_rise")
def test_it_ends_by_itself_once_it_is_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_session, "VALIDATE_EVERY_S", 0.1)
    monkeypatch.setattr(training_session, "_TRAIN_SHARE", 0.0)
    monkeypatch.setattr(schedule, "_SHORTEST_TAIL", 4)
    monkeypatch.setattr(schedule, "TAIL", 0.01)
    monkeypatch.setattr(Validation, "ssim", lambda self, model: dict.fromkeys("ab", 0.8))
    said: list[Event] = []
    subject = session(tmp_path, 1000, said.append)
    subject._index.budget = Budget(until_flat=True)
    result = subject.run()
    index = find_generation(tmp_path).index
    assert index.budget.finished
    assert index.budget.tail_from is not None
    assert result.steps == index.budget.tail_from + 4
    assert result.further_hour == pytest.approx({"ssim_gain": 0, "uncertainty": 0}, abs=1e-9)
    assert "held-out SSIM is flat: 4 more steps" in "".join(e.message for e in said if isinstance(e, Notice))


@pytest.mark.usefixtures("short_rise")
def test_it_goes_on_while_it_improves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_session, "VALIDATE_EVERY_S", 0.0)
    monkeypatch.setattr(training_session, "_TRAIN_SHARE", 0.0)
    better = iter(np.linspace(0.3, 0.9, 400))
    monkeypatch.setattr(Validation, "ssim", lambda self, model: dict.fromkeys("ab", float(next(better))))
    subject = session(tmp_path, 20)
    subject._index.budget = Budget(until_flat=True, steps=20)
    result = subject.run()
    assert result.steps == 20
    assert find_generation(tmp_path).index.budget.tail_from is None
    assert result.further_hour is not None
    assert result.further_hour["ssim_gain"] > 0


def test_progress_says_what_is_worth_seeing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_session, "VALIDATE_EVERY_S", 0.0)
    monkeypatch.setattr(training_session, "_TRAIN_SHARE", 0.0)
    said: list[Event] = []
    session(tmp_path, 10, said.append).run()
    last = [event for event in said if isinstance(event, Progress)][-1]
    assert (last.done, last.total, last.unit) == (10, 10, "steps")
    assert {"step", "loss", "steps a second", "held-out SSIM", "s left"} == set(last.figures)
    assert last.figures["s left"] == 0
