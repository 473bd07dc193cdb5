"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from understudy.nets.face_loss import FaceLoss
from understudy.training.batches import Batch
from understudy.training.consistency import EVERY, add_consistency_gradient
from understudy.training.growth import at_size, grown_at
from understudy.training.loss_weights import loss_weights
from understudy.training.model import Model

TAIL = 0.2  # share of the time given in which the rate falls, where a run ends by itself


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long, and the learning rate over that time: a short rise, then half a cosine down.

    A run that ends by itself cannot know its cosine: the rate stays at the peak until the end is known,
    then falls in a tail. What is flat is told at one rate so, as a falling one improves figures by itself.

    Args:
        seconds: wall time in all, or None.
        steps: steps in all, or None; one of both is given, or `until_flat`.
        first_step: number of its first step; earlier ones have had a rise and fall of their own.
        spent_s: wall time spent of it in a run that was stopped.
        rise_steps: steps to the peak.
        floor: last learning rate as a share of the peak.
        factor: of the whole; below 1 once training broke down.
        until_flat: whether it ends by itself.
        tail_from: step from which the rate falls then, None until that is known.
        tail_steps: steps that this takes.
    """

    seconds: float | None
    steps: int | None
    first_step: int = 0
    spent_s: float = 0.0
    rise_steps: int = 50
    floor: float = 0.02
    factor: float = 1.0
    until_flat: bool = False
    tail_from: int | None = None
    tail_steps: int = 0

    def done(self, elapsed_s: float, step: int) -> float:
        """Share of the way that lies behind, in [0, 1]; 0 where its length is not known.

        Args:
            elapsed_s: wall time of this run.
            step: steps of the model in all.
        """
        by_tail = self._tail_done(step)
        return by_tail if by_tail >= 1 else self._given_done(elapsed_s, step)

    def rate(self, elapsed_s: float, step: int) -> float:
        """Learning rate as a share of the peak."""
        done = self._given_done(elapsed_s, step)
        if self.until_flat:
            done = max(0.0, (done - (1 - TAIL)) / TAIL, self._tail_done(step))
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
        rise = min(1.0, (step - self.first_step + 1) / self.rise_steps)
        return self.factor * rise * (self.floor + (1 - self.floor) * cosine)

    def _given_done(self, elapsed_s: float, step: int) -> float:
        by_time = (self.spent_s + elapsed_s) / self.seconds if self.seconds else 0.0
        by_steps = (step - self.first_step) / self.steps if self.steps else 0.0
        return min(1.0, max(by_time, by_steps))

    def _tail_done(self, step: int) -> float:
        return 0.0 if self.tail_from is None else (step - self.tail_from) / max(1, self.tail_steps)


class Trainer:
    """A model, its optimizer and one step of training."""

    def __init__(self, model: Model, seed: int = 0, losses: Mapping[str, float] | None = None) -> None:
        """Start with a fresh optimizer.

        Args:
            model: what is trained.
            seed: decides with a step's number its noise.
            losses: weights by name, where they are not the preset's; see `loss_weights`.
        """
        self.model, self.seed = model, seed
        preset = model.preset
        self.weights = loss_weights(preset, losses or {})
        self._losses: dict[int, FaceLoss] = {}
        self.optimizer = torch.optim.AdamW(
            [{"params": list(network.parameters())} for network in (model.encoder, *model.decoders)],
            lr=preset.learning_rate,
            betas=preset.betas,
            weight_decay=1e-3,
            fused=True,
        )

    def step(self, batch: Batch, rate: float, number: int) -> Tensor:
        """Learn from one batch; nothing here waits for the device that computes.

        Args:
            batch: identity by identity, the same number of faces each.
            rate: learning rate as a share of the preset's.
            number: of the step, counted over all runs.

        Returns:
            The loss, 0-d, on the model's device.
        """
        model = self.model
        batch = at_size(batch, model.drawn_px)
        # the same noise wherever training resumes
        state = np.random.SeedSequence([self.seed, number]).generate_state(1)
        torch.manual_seed(int(state[0]))
        # of the model, not of the optimizer's saved state, which may be of a run at other rates
        for group, share in zip(self.optimizer.param_groups, model.rates, strict=True):
            group["lr"] = model.preset.learning_rate * rate * share
        if not model.training:  # asking each of its hundred modules takes as long as a small layer
            model.train()
        with model.autocast():
            code = model.encoder(batch.face_B3HW)
            each = code.split(len(code) // len(model.decoders))
            drawn = [decoder(own) for decoder, own in zip(model.decoders, each, strict=True)]
            read = self.reading_loss(code, batch)
        loss, gradient = self.face_loss(model.drawn_px)(
            torch.cat([picture.detach() for picture in drawn]), batch.truth_B4HW, batch.focus_B1HW
        )
        torch.autograd.backward([read, *drawn], [None, *gradient.split(len(drawn[0]))])
        self.add_consistency(each, number)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        model.after_step(number)
        return loss + read.detach()

    def grow(self, done: float) -> None:
        """Let networks that grow follow the training; they never shrink.

        Args:
            done: share of the training that lies behind.
        """
        if self.model.preset.doublings:
            self.model.grow(max(self.model.grown, grown_at(done, self.model.preset.doublings)))

    def face_loss(self, size_px: int) -> FaceLoss:
        """The loss for pictures of one size."""
        if size_px not in self._losses:
            self._losses[size_px] = FaceLoss(size_px, self.weights.picture).to(self.model.device)
        return self._losses[size_px]

    def reading_loss(self, code: Tensor, batch: Batch) -> Tensor:
        """How far the code is from saying the expression; 0 where it need not, or learns nothing more."""
        weight = self.weights.expression
        if not weight or not code.requires_grad:
            return torch.zeros((), requires_grad=True)
        read = self.model.encoder.expression(code).float()  # type: ignore[operator]
        return weight * nn.functional.smooth_l1_loss(read, batch.expression_BX)

    def add_consistency(self, codes: Sequence[Tensor], number: int) -> None:
        """Now and then add to the decoders' gradients what keeps the expression of a swap.

        Args:
            codes: of each identity's faces.
            number: of the step.
        """
        weight = EVERY * self.weights.consistency
        if weight and len(codes) > 1 and number % EVERY == 0:
            add_consistency_gradient(self.model, codes, weight, number // EVERY)

    def is_sound(self) -> bool:
        """Whether every weight is a number: a model that is not must not be saved."""
        return bool(torch.stack([torch.isfinite(p).all() for p in self.model.parameters()]).all())


def seed_after(seed: int, rollbacks: int) -> int:
    """The seed of batches and noise once training went back so often: what broke it is not repeated."""
    return int(np.random.SeedSequence([seed, rollbacks]).generate_state(1)[0]) if rollbacks else seed


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where the loop is: steps done in all, seconds of this run, the last loss (0-d) and its rate."""

    step: int
    elapsed_s: float
    loss: Tensor
    rate: float


def train(
    trainer: Trainer,
    batches: Iterable[Batch],
    schedule: Schedule,
    first_step: int,
    on_step: Callable[[Moment], bool],
    started_s: float,
) -> bool:
    """Run steps until the schedule is done.

    Args:
        trainer: model and optimizer.
        batches: from `first_step` on.
        schedule: how long.
        first_step: steps done before.
        on_step: called after each step, says whether to go on; its time counts.
        started_s: when this run began, by `time.monotonic`.

    Returns:
        Whether the schedule is done; False where `on_step` ended it.
    """
    step = first_step
    for batch in batches:
        elapsed = time.monotonic() - started_s
        if schedule.done(elapsed, step) >= 1:
            return True
        trainer.grow(schedule.done(elapsed, step))
        rate = schedule.rate(elapsed, step)
        loss = trainer.step(batch, rate, step)
        step += 1
        moment = Moment(step=step, elapsed_s=time.monotonic() - started_s, loss=loss, rate=rate)
        if not on_step(moment):
            break
    return schedule.done(time.monotonic() - started_s, step) >= 1
