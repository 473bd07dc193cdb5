"""A step in parts is the step of the whole batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import pytest
import torch
from torch import Tensor

from training.made_presets import LOSSES, SMALL_PRESETS, bright_samples
from understudy.nets.presets import PRESETS
from understudy.training.batches import Batch, batches, batches_in_parts
from understudy.training.consistency import EVERY
from understudy.training.division import Division
from understudy.training.loop import Trainer
from understudy.training.model import Model

NAMES, SIZE = "abc", 4


@pytest.fixture(autouse=True)
def small_presets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, preset in SMALL_PRESETS.items():
        monkeypatch.setitem(PRESETS, name, preset)


def trainer(preset: str, division: Division | None) -> Trainer:
    torch.manual_seed(0)
    made = Trainer(Model(preset, list(NAMES), bf16=False), 7, division, LOSSES.get(preset))
    made.heard = 1.0 if preset in LOSSES else None
    return made


def gradients(subject: Trainer, batch: Batch | Sequence[Batch], number: int) -> tuple[Tensor, Tensor]:
    """The loss of a step and all its gradients in a row, before any optimizer sees them."""
    seen: list[Tensor] = []

    def look(*_: object) -> None:
        seen.extend(torch.zeros_like(w) if w.grad is None else w.grad for w in subject.trained)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject.optimizer, "step", look)
        loss = subject.step(batch, 1.0, number)
    return loss, torch.cat([gradient.flatten() for gradient in seen])


@pytest.mark.parametrize("preset", list(SMALL_PRESETS))
@pytest.mark.parametrize("parts", [2, 4])
def test_parts_have_the_gradient_of_the_whole(preset: str, parts: int) -> None:
    division = Division(len(NAMES), parts)
    whole, divided = trainer(preset, None), trainer(preset, division)
    faces = bright_samples(NAMES)
    made: Iterator[tuple[Batch, list[Batch]]] = zip(
        batches(faces, SIZE, 7, 0), batches_in_parts(faces, SIZE, 7, 0, division.parts), strict=False
    )
    for number, (batch, in_parts) in enumerate(islice(made, EVERY + 1)):  # swaps are read twice
        loss, gradient = gradients(whole, batch, number)
        part_loss, part_gradient = gradients(divided, in_parts, number)
        assert abs(float(loss - part_loss)) < 1e-5
        assert (gradient - part_gradient).norm() < 1e-4 * gradient.norm()


def test_what_is_left_behind_does_not_change_other_trainings() -> None:
    division = Division(len(NAMES), 2)
    faces = bright_samples(NAMES)
    subject = trainer("tiniest", division)
    batch = next(batches(faces, SIZE, 7, 0))
    _, before = gradients(trainer("tiniest", None), batch, 1)
    gradients(subject, next(batches_in_parts(faces, SIZE, 7, 0, division.parts)), 1)
    subject.division = None
    _, after = gradients(subject, batch, 1)
    assert torch.equal(before, after)


def test_a_frozen_encoder_gets_no_gradient() -> None:
    division = Division(len(NAMES), 2)
    subject = trainer("seedling", division)
    subject.model.freeze_encoder()
    subject.heard = None
    before = [weight.clone() for weight in subject.trained]
    subject.step(next(batches_in_parts(bright_samples(NAMES), SIZE, 7, 0, division.parts)), 1.0, 0)
    encoder = len(list(subject.model.encoder.parameters()))
    decoders = encoder + len(list(subject.model.decoders.parameters()))
    same = [torch.equal(old, new) for old, new in zip(before, subject.trained, strict=True)]
    assert all(same[:encoder])
    assert not any(same[encoder:decoders])
    assert all(same[decoders:])  # the critic is not there yet


def test_the_memory_for_a_part_is_enough() -> None:
    """No network is given more faces at once than a part has."""
    division = Division(len(NAMES), 4)
    subject, seen = trainer("tiniest", division), list[int]()
    subject.model.encoder.register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
    subject.step(next(batches_in_parts(bright_samples(NAMES), SIZE, 7, 0, division.parts)), 1.0, 1)
    assert seen == [len(NAMES)] * 4
