"""Training that breaks down goes back, and goes on or says that it cannot."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
import torch

from training.made_samples import made_samples
from understudy.core import files
from understudy.core.errors import ModelError
from understudy.core.events import Event, Notice, OnEvent, ignore
from understudy.training.batches import Batch, batches
from understudy.training.loop import Trainer
from understudy.training.model import Model
from understudy.training.model_folder import (
    Budget,
    IdentityEntry,
    LoadedModel,
    ModelIndex,
    find_generation,
    holds_model,
    load_model,
)
from understudy.workflows import training_session
from understudy.workflows.training_session import MOST_ROLLBACKS, TrainingSession

SEED = 5


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that need not be waited for."""
    monkeypatch.setattr(files, "sync", lambda path: None)
    monkeypatch.setattr(files, "sync_folder", lambda path: None)


def session(folder: Path, steps: int, on_event: OnEvent = ignore, *, sick: bool = False) -> TrainingSession:
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
    return TrainingSession(loaded, folder, identities, 1, on_event)


def poisoned_at(step: int) -> object:
    """Batches as ever, but the one of this step is not numbers, until training goes back."""

    def make(identities: object, size: int, seed: int, first_step: int, config: object) -> Generator[Batch]:
        real = batches(identities, size, seed, first_step, config)  # type: ignore[arg-type]
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
