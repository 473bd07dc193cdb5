from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
import torch

from understudy.nets.family import FamilyConfig
from understudy.nets.presets import PRESETS, family_preset
from understudy.training.augment import AugmentConfig
from understudy.training.batches import Batch, batches
from understudy.training.growth import at_size, grown_at
from understudy.training.loop import Trainer, train
from understudy.training.model import Model
from understudy.training.schedule import Schedule

from .made_samples import made_samples

STEPS = 10


@pytest.fixture(autouse=True)
def seedling(monkeypatch: pytest.MonkeyPatch) -> None:
    """A preset that grows from 32 to 64 px."""
    config = FamilyConfig(widths=(8, 8), blocks=(1, 1), narrow=8, rest=6, start_px=32)
    preset = family_preset(config, batch=2, learning_rate=1e-3, purpose="a test")
    monkeypatch.setitem(PRESETS, "seedling", preset)


def made(first_step: int) -> Iterator[Batch]:
    identities = [made_samples(name, 20, 64, seed=i) for i, name in enumerate("ab")]
    return islice(batches(identities, 2, 0, first_step, AugmentConfig()), STEPS + 1)


def fresh() -> Trainer:
    torch.manual_seed(0)
    model = Model("seedling", ["a", "b"], bf16=False)
    model.grow(0)
    return Trainer(model, 0)


@pytest.mark.parametrize("doublings", [1, 2, 3])
def test_growing_starts_small_ends_whole_and_never_turns_back(doublings: int) -> None:
    grown = [grown_at(done, doublings) for done in np.linspace(0, 1, 101)]
    assert grown[0] == 0
    assert grown[75] == grown[100] == doublings
    assert grown == sorted(grown)
    # each size is trained on for a while before the next one comes
    for size in range(doublings):
        assert sum(value == size for value in grown) >= 5
    assert grown_at(0.5, 0) == 0


def test_smaller_batches_hold_the_same_pictures() -> None:
    batch = next(made(0))
    half = at_size(batch, 32)
    assert half.truth_B4HW.shape == (4, 4, 32, 32)
    assert half.focus_B1HW.shape == (4, 1, 32, 32)
    expected = batch.face_B3HW[..., 2:4, 6:8].mean(dim=(2, 3))
    torch.testing.assert_close(half.face_B3HW[..., 1, 3], expected)
    assert at_size(batch, 64) is batch


def test_training_grows_and_resuming_changes_nothing() -> None:
    schedule = Schedule(seconds=None, steps=STEPS)
    whole, sizes = fresh(), []
    train(whole, made(0), schedule, 0, lambda _: sizes.append(whole.model.drawn_px) is None, 0.0)
    assert sizes[0] == 32
    assert sizes[-1] == 64
    assert sizes == sorted(sizes)

    for stop in (2, 4):  # before and after the second size came in
        first = fresh()
        train(first, islice(made(0), stop), schedule, 0, lambda _: True, 0.0)
        second = Trainer(Model("seedling", ["a", "b"], bf16=False), 0)
        second.model.load_state_dict(first.model.state_dict())
        second.optimizer.load_state_dict(copy.deepcopy(first.optimizer.state_dict()))
        train(second, made(stop), schedule, stop, lambda _: True, 0.0)
        ended, truth = second.model.state_dict(), whole.model.state_dict()
        assert all(torch.equal(ended[name], truth[name]) for name in truth)


def test_a_grown_model_does_not_start_small_again() -> None:
    trainer = Trainer(Model("seedling", ["a", "b"], bf16=False), 0)
    trainer.follow(0.0)
    assert trainer.model.drawn_px == 64


def test_a_model_that_is_not_grown_draws_whole_pictures() -> None:
    trainer = fresh()
    faces = np.zeros((1, 64, 64, 3), np.uint8)
    assert trainer.model.drawn_px == 32
    drawn, mask = trainer.model.draw(faces, "a")
    assert drawn.shape == (1, 64, 64, 3)
    assert mask.shape == (1, 64, 64)


def test_tiny_does_not_grow() -> None:
    model = Model("tiny", ["a", "b"], bf16=False)
    model.grow(0)
    assert model.drawn_px == 128
    with pytest.raises(ValueError, match="tiny does not grow"):
        model.grow(1)
