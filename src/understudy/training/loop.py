"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from understudy.nets.losses import MaskedSsim, weighted_l1
from understudy.training.batches import Batch
from understudy.training.model import Model


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """What counts how much.

    Args:
        l1: weight of the absolute difference, colours included.
        ssim: weight of 1 - SSIM.
        mask: weight of the drawn mask's absolute difference.
        focus: how much more a pixel of eyes and mouth counts than one of the cheek.
        outside: how much a pixel outside the face counts: the blend needs a sane rim.
    """

    l1: float = 4.0
    ssim: float = 1.0
    mask: float = 0.5
    focus: float = 5.0
    outside: float = 0.05


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


class Losses(nn.Module):
    """All that is minimised, for all identities of a batch."""

    def __init__(self, model: Model, config: LossConfig | None = None) -> None:
        """Prepare for the model's picture size."""
        super().__init__()
        self.config = config or LossConfig()
        self.ssim = MaskedSsim(model.preset.size_px, stride=2)

    def forward(self, drawn_B3HW: Tensor, mask_B1HW: Tensor, batch: Batch) -> Tensor:
        """One number from what the decoders drew for `batch`."""
        c = self.config
        weight = batch.mask_B1HW * (1 + c.focus * batch.focus_B1HW) + c.outside
        picture = c.l1 * weighted_l1(drawn_B3HW, batch.truth_B3HW, weight)
        structure = c.ssim * (1 - self.ssim(drawn_B3HW, batch.truth_B3HW, weight).mean())
        return picture + structure + c.mask * (mask_B1HW - batch.mask_B1HW).abs().mean()


class Trainer:
    """A model, its optimizer and one step of training."""

    def __init__(self, model: Model, seed: int = 0) -> None:
        """Start with a fresh optimizer; `seed` and a step's number decide its noise."""
        self.model, self._seed = model, seed
        self.losses = Losses(model)
        preset = model.preset
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
        model = self.model
        # the same noise wherever training resumes
        state = np.random.SeedSequence([self._seed, number]).generate_state(1)
        torch.manual_seed(int(state[0]))
        for group in self.optimizer.param_groups:
            group["lr"] = model.preset.learning_rate * rate
        model.train()
        with model.autocast():
            code = model.encoder(batch.face_B3HW)
            each = code.split(len(code) // len(model.decoders))
            drawn, masks = zip(*(d(c) for d, c in zip(model.decoders, each, strict=True)), strict=True)
            loss = torch.zeros(())
            if model.preset.expression_weight:
                read = model.encoder.expression(code).float()  # type: ignore[operator]
                loss = model.preset.expression_weight * nn.functional.smooth_l1_loss(
                    read, batch.expression_BX
                )
        loss = loss + self.losses(torch.cat(drawn), torch.cat(masks), batch)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise FloatingPointError(f"the loss of step {number + 1} is {value}")
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return value

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
        loss = trainer.step(batch, schedule.rate(elapsed, step), step)
        step += 1
        on_step(Moment(step=step, elapsed_s=time.monotonic() - started, loss=loss))
    return step
