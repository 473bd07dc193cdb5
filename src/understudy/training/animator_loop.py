"""Train the animator: it learns by drawing one frame of a clip from another one's photo and mesh."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from understudy.core.errors import ModelError
from understudy.nets.animator import Animator
from understudy.nets.animator_loss import AnimatorLoss
from understudy.nets.losses import MaskedSsim
from understudy.training.adam import AdamW
from understudy.training.animator_batches import AnimatorBatch, AnimatorBatches
from understudy.training.animator_model import holds_state, load_state, save_state
from understudy.training.animator_pairs import AnimatorPairs
from understudy.training.processor import has_fast_bf16, tuned
from understudy.training.schedule import Schedule

_DECAY = 0.999  # of the averaged weights, which draw
_LONGEST_GRADIENT = 1.0
_SAVE_EVERY_S = 60.0
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")

Told = Callable[[int, float, dict[str, float]], None]


@dataclass(frozen=True, kw_only=True)
class AnimatorTraining:
    """How to train.

    Args:
        seconds: wall time of this run, None where steps are given.
        steps: of this run.
        seed: of every random choice.
        batch: pairs a step.
        rate: the highest learning rate.
        decay: of the weights.
    """

    seconds: float | None = None
    steps: int | None = None
    seed: int = 0
    batch: int = 4
    rate: float = 5e-4
    decay: float = 0.01


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What training reached.

    Args:
        net: with averaged weights.
        steps: of the network in all.
        seconds: of this run.
        losses: of the last steps.
    """

    net: Animator
    steps: int
    seconds: float
    losses: dict[str, float]


class AnimatorTrainer:
    """A network, its average and its optimizer; a step at a time.

    Args:
        net: to train, on its device.
        features: of the landmarks, see `AnimatorLoss`.
        training: how.
    """

    def __init__(self, net: Animator, features: int, training: AnimatorTraining) -> None:
        """Begin at step 0."""
        self.net = net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.average = copy.deepcopy(net)
        self.average.requires_grad_(False)
        self.step, self.first_step, self.spent_s = 0, 0, 0.0  # of the network; of what is given at present
        self._device = next(net.parameters()).device
        self._training = training
        self._loss = AnimatorLoss(net.config.size_px, features).to(self._device)
        self._optimizer = AdamW(
            [list(net.parameters())], lr=training.rate, betas=(0.9, 0.99), weight_decay=training.decay
        )
        self._has_bf16 = has_fast_bf16(self._device)

    def learn(self, batch: AnimatorBatch, rate: float) -> tuple[Tensor, Tensor]:
        """One step at a share of the highest rate; the loss and the SSIM before it."""
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._has_bf16):
            mending = self.net(batch.photo_B3HW, batch.warped_B3HW, batch.from_B2hw, batch.points_BK2)
        drawn = mending.given(batch.warped_B3HW)
        loss, likeness = self._loss(mending, drawn, batch.truth_B3HW, batch.points_BK2)
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), _LONGEST_GRADIENT)
        self._optimizer.param_groups[0]["lr"] = self._training.rate * rate
        self._optimizer.step()
        keep = min(_DECAY, (1 + self.step) / (10 + self.step))
        own: list[Tensor] = list(self.average.parameters())
        new: list[Tensor] = list(self.net.parameters())
        torch._foreach_lerp_(own, new, 1 - keep)  # pyright: ignore[reportPrivateImportUsage]
        self.step += 1
        return loss.detach(), likeness

    def state(self) -> dict[str, Tensor]:
        """All that going on depends on."""
        found = {f"net.{name}": value for name, value in self.net.state_dict().items()}
        found |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        found["steps"] = torch.tensor([self.step, self.first_step])
        found["spent_s"] = torch.tensor(self.spent_s, dtype=torch.float64)
        for number, moments in self._optimizer.state_dict()["state"].items():
            found |= {f"{name}.{number}": moments[name] for name in _MOMENTS}
        return found

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go on from a state.

        Raises:
            ModelError: it is another network's.
        """
        try:
            for part, net in (("net.", self.net), ("average.", self.average)):
                net.load_state_dict(
                    {name.removeprefix(part): value for name, value in state.items() if name.startswith(part)}
                )
            self.step, self.first_step = state["steps"].tolist()
            self.spent_s = float(state["spent_s"])
            own = self._optimizer.state_dict()
            if self.step:
                weights = self._optimizer.param_groups[0]["params"]
                own["state"] = {number: _moments(state, number, one) for number, one in enumerate(weights)}
            self._optimizer.load_state_dict(own)
        except (LookupError, RuntimeError, ValueError) as error:
            raise ModelError("the state of the training is another network's", "train it again") from error


def train_animator(
    pairs: AnimatorPairs,
    net: Animator,
    training: AnimatorTraining,
    device: torch.device,
    *,
    folder: Path | None = None,
    resume: bool = False,
    told: Told = lambda *_: None,
) -> Trained:
    """Train on pairs until time or steps are over; what was stopped goes on with what is left of them.

    Args:
        pairs: to learn from.
        net: to begin with; trained in place.
        training: how.
        device: where.
        folder: in which the state is kept, to go on from; none where None.
        resume: go on from there, where there is one: it is first saved after a minute.
        told: hears of the steps done, the share of the way, and the losses.

    Raises:
        ModelError: the state is damaged, or another network's.
    """
    trainer = AnimatorTrainer(net.to(device), pairs.features, training)
    if resume and folder is not None and holds_state(folder):
        trainer.restore(load_state(folder))
    batches = AnimatorBatches(pairs, device, batch=training.batch, seed=training.seed)
    schedule = _schedule(trainer, training)
    started = saved = time.monotonic()
    means: Tensor | None = None
    with tuned():
        while (done := schedule.done(time.monotonic() - started, trainer.step)) < 1:
            rate = schedule.rate(time.monotonic() - started, trainer.step)
            new = torch.stack(trainer.learn(batches.drawn(trainer.step), rate))
            means = new if means is None else torch.lerp(means, new, 0.02)
            if trainer.step % 10 == 0:
                told(trainer.step, done, _losses(means))
            if folder is not None and time.monotonic() - saved > _SAVE_EVERY_S:
                trainer.spent_s = schedule.spent_s + time.monotonic() - started
                save_state(folder, trainer.state())
                saved = time.monotonic()
    trainer.first_step, trainer.spent_s = trainer.step, 0.0
    if folder is not None:
        save_state(folder, trainer.state())
    seconds = time.monotonic() - started
    losses = {} if means is None else _losses(means)
    return Trained(net=trainer.average.eval(), steps=trainer.step, seconds=seconds, losses=losses)


@torch.no_grad()
def likeness(pairs: AnimatorPairs, net: Animator, device: torch.device, batch: int = 8) -> dict[str, float]:
    """SSIM within the face, of the warp and of what the animator makes of it; weighted as in training."""
    loss = AnimatorLoss(net.config.size_px, pairs.features).to(device)
    ssim = MaskedSsim(net.config.size_px).to(device)
    found: dict[str, list[Tensor]] = {"warp": [], "animator": []}
    for one in AnimatorBatches(pairs, device, batch=batch, seed=0).all():
        mending = net(one.photo_B3HW, one.warped_B3HW, one.from_B2hw, one.points_BK2)
        weight = loss.weight(one.points_BK2, net.config.size_px)
        drawn = mending.given(one.warped_B3HW).clamp(0, 1)
        for name, picture in (("warp", one.warped_B3HW), ("animator", drawn)):
            found[name].append(ssim(picture, one.truth_B3HW, weight))
    return {name: float(torch.cat(values).mean()) for name, values in found.items() if values}


def _moments(state: dict[str, Tensor], number: int, weight: Tensor) -> dict[str, Tensor]:
    """What the optimizer knows of a weight, in memory as the weight is: it goes through both at once."""
    found = {name: state[f"{name}.{number}"] for name in _MOMENTS}
    for name, value in found.items():
        if value.shape == weight.shape:
            found[name] = torch.empty_like(weight, requires_grad=False).copy_(value)
    return found


def _schedule(trainer: AnimatorTrainer, training: AnimatorTraining) -> Schedule:
    return Schedule(
        seconds=training.seconds,
        steps=training.steps,
        first_step=trainer.first_step,
        spent_s=trainer.spent_s,
    )


def _losses(means: Tensor) -> dict[str, float]:
    loss, similarity = means.tolist()
    return {"loss": loss, "ssim": similarity}
