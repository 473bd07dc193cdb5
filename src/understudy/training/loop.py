"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from understudy.nets.face_loss import FaceLoss
from understudy.training.batches import Batch
from understudy.training.growth import at_size, grown_at
from understudy.training.model import Model


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long, and the learning rate over that time: a short rise, then half a cosine down.

    Args:
        seconds: wall time in all, or None.
        steps: steps in all, or None; one of both is given.
        first_step: number of its first step; earlier ones have had a rise and fall of their own.
        spent_s: wall time spent of it in a run that was stopped.
        rise_steps: steps to the peak.
        floor: last learning rate as a share of the peak.
    """

    seconds: float | None
    steps: int | None
    first_step: int = 0
    spent_s: float = 0.0
    rise_steps: int = 50
    floor: float = 0.02

    def done(self, elapsed_s: float, step: int) -> float:
        """Share of the way that lies behind, in [0, 1].

        Args:
            elapsed_s: wall time of this run.
            step: steps of the model in all.
        """
        by_time = (self.spent_s + elapsed_s) / self.seconds if self.seconds else 0.0
        by_steps = (step - self.first_step) / self.steps if self.steps else 0.0
        return min(1.0, max(by_time, by_steps))

    def rate(self, elapsed_s: float, step: int) -> float:
        """Learning rate as a share of the peak."""
        cosine = 0.5 * (1 + math.cos(math.pi * self.done(elapsed_s, step)))
        rise = min(1.0, (step - self.first_step + 1) / self.rise_steps)
        return rise * (self.floor + (1 - self.floor) * cosine)


class Trainer:
    """A model, its optimizer and one step of training."""

    def __init__(self, model: Model, seed: int = 0) -> None:
        """Start with a fresh optimizer; `seed` and a step's number decide its noise."""
        self.model, self._seed = model, seed
        preset = model.preset
        self._losses: dict[int, FaceLoss] = {}
        self.optimizer = torch.optim.AdamW(
            model.parameters(), lr=preset.learning_rate, betas=preset.betas, weight_decay=1e-3, fused=True
        )

    def step(self, batch: Batch, rate: float, number: int) -> float:
        """Learn from one batch.

        Args:
            batch: identity by identity, the same number of faces each.
            rate: learning rate as a share of the preset's.
            number: of the step, counted over all runs.

        Returns:
            The loss.

        Raises:
            FloatingPointError: the loss is no number; nothing was learnt from it.
        """
        model, batch = self.model, at_size(batch.unpacked(), self.model.drawn_px)
        # the same noise wherever training resumes
        state = np.random.SeedSequence([self._seed, number]).generate_state(1)
        torch.default_generator.manual_seed(int(state[0]))
        for group in self.optimizer.param_groups:
            group["lr"] = model.preset.learning_rate * rate
        if not model.training:  # asking each of its hundred modules takes as long as a small layer
            model.train()
        with model.autocast():
            code = model.encoder(batch.face_B3HW)
            each = code.split(len(code) // len(model.decoders))
            drawn = [decoder(own) for decoder, own in zip(model.decoders, each, strict=True)]
            read = self._reading_loss(code, batch)
        loss, gradient = self._face_loss(model.drawn_px)(
            torch.cat([picture.detach() for picture in drawn]), batch.truth_B4HW, batch.focus_B1HW
        )
        value = float(loss + read.detach())
        if not math.isfinite(value):
            raise FloatingPointError(f"the loss of step {number + 1} is {value}")
        torch.autograd.backward([read, *drawn], [None, *gradient.split(len(drawn[0]))])
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        model.after_step(number)
        return value

    def grow(self, done: float) -> None:
        """Let networks that grow follow the training; they never shrink.

        Args:
            done: share of the training that lies behind.
        """
        if self.model.preset.doublings:
            self.model.grow(max(self.model.grown, grown_at(done, self.model.preset.doublings)))

    def _face_loss(self, size_px: int) -> FaceLoss:
        """The loss for pictures of one size."""
        if size_px not in self._losses:
            self._losses[size_px] = FaceLoss(size_px)
        return self._losses[size_px]

    def _reading_loss(self, code: Tensor, batch: Batch) -> Tensor:
        """How far the code is from saying the expression; 0 where it need not, or learns nothing more."""
        weight = self.model.preset.expression_weight
        if not weight or not code.requires_grad:
            return torch.zeros((), requires_grad=True)
        read = self.model.encoder.expression(code).float()  # type: ignore[operator]
        return weight * nn.functional.smooth_l1_loss(read, batch.expression_BX)

    def is_sound(self) -> bool:
        """Whether every weight is a number: a model that is not must not be saved."""
        return all(bool(torch.isfinite(p).all()) for p in self.model.parameters())


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where the loop is: steps done in all, seconds of this run, the last loss."""

    step: int
    elapsed_s: float
    loss: float


def train(
    trainer: Trainer,
    batches: Iterable[Batch],
    schedule: Schedule,
    first_step: int,
    on_step: Callable[[Moment], None],
) -> int:
    """Run steps until the schedule is done.

    Args:
        trainer: model and optimizer.
        batches: from `first_step` on.
        schedule: how long.
        first_step: steps done before.
        on_step: called after each step; its time counts.

    Returns:
        Steps done in all.

    Raises:
        FloatingPointError: the loss is no number any more.
    """
    started = time.monotonic()
    step = first_step
    for batch in batches:
        elapsed = time.monotonic() - started
        if schedule.done(elapsed, step) >= 1:
            break
        trainer.grow(schedule.done(elapsed, step))
        loss = trainer.step(batch, schedule.rate(elapsed, step), step)
        step += 1
        on_step(Moment(step=step, elapsed_s=time.monotonic() - started, loss=loss))
    return step
