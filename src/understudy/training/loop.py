"""The training loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from understudy.nets.face_loss import FaceLoss, Whole
from understudy.nets.given_gradient import with_given
from understudy.nets.noise import set_part
from understudy.nets.part import Part
from understudy.training.adam import AdamW
from understudy.training.adversarial import add_adversarial_gradient, heard_at
from understudy.training.batches import Batch
from understudy.training.consistency import EVERY, add_consistency_gradient
from understudy.training.division import Division, sum_of, take_gradients
from understudy.training.growth import at_size, grown_at
from understudy.training.loss_weights import loss_weights
from understudy.training.model import Model
from understudy.training.recorded import Recorded
from understudy.training.schedule import Schedule

CRITIC_RATE = 2.0  # its learning rate, as a share of the networks' that draw
Kind = tuple[int | None, float | None]  # of a step: see `consistency_turn`, `heard_at`


class Trainer:
    """A model, its optimizer and one step of training."""

    def __init__(
        self,
        model: Model,
        seed: int = 0,
        division: Division | None = None,
        losses: Mapping[str, float] | None = None,
    ) -> None:
        """Start with a fresh optimizer; `seed` and a step's number decide its noise.

        Args:
            model: is trained.
            seed: of the noise.
            division: how a step's faces are divided; None computes them all at once.
            losses: weights by name, where they are not the preset's; see `loss_weights`.
        """
        self.model, self.seed, self.division = model, seed, division
        preset = model.preset
        self.weights = loss_weights(preset, losses or {})
        self._losses: dict[int, FaceLoss] = {}
        on_gpu = model.device.type == "cuda"
        self._recorded = Recorded(self._learn, model.device) if on_gpu else None
        # a recorded step reads its rates from the device's memory
        networks = [model.encoder, *model.decoders, *([] if model.critic is None else [model.critic])]
        self._rates = [torch.zeros((), device=model.device) for _ in networks] if on_gpu else None
        self.heard: float | None = None
        self.optimizer = AdamW(
            [list(network.parameters()) for network in networks],
            lr=preset.learning_rate,
            betas=preset.betas,
            weight_decay=1e-3,
            capturable=on_gpu,
        )

    @property
    def trained(self) -> list[Tensor]:
        """The weights that steps change, those of a frozen encoder and of a critic among them."""
        critic = () if self.model.critic is None else self.model.critic.parameters()
        return [*self.model.encoder.parameters(), *self.model.decoders.parameters(), *critic]

    def step(self, batch: Batch | Sequence[Batch], rate: float, number: int) -> Tensor:
        """Learn from one batch; nothing here waits for the device that computes.

        Args:
            batch: identity by identity, the same number of faces each; where `division` says so, this
                process's parts of it.
            rate: learning rate as a share of the preset's.
            number: of the step, counted over all runs.

        Returns:
            The loss, 0-d, on the model's device.

        Raises:
            ProcessLost: another process has ended; nothing has changed.
        """
        model = self.model
        kind = (self.consistency_turn(number), self.heard)
        if self.division is not None:
            self.division.begin(rate, model.grown, self.heard)
        parts = [batch] if isinstance(batch, Batch) else batch
        parts = [at_size(part, model.drawn_px) for part in parts]
        self._seed_noise(number)
        self._set_rates(rate)
        if not model.training:  # asking each of its hundred modules takes as long as a small layer
            model.train()
        if self.division is not None:
            loss = self._add_gradients(self.division, parts, kind, number)
            self._take_gradient(kind)
        elif self._recorded is None or model.is_fading:  # what is faded in counts more at every step
            loss = self._learn(parts[0], kind)
        else:
            loss = self._recorded(parts[0], kind)
        model.after_step(number)
        return loss

    def forget_recorded(self) -> None:
        """Needed once weights or the optimizer's state have been replaced, see `Recorded`."""
        if self._recorded is not None:
            self._recorded.forget()

    def _seed_noise(self, number: int) -> None:
        # the same noise wherever training resumes, and however a step is divided
        state = np.random.SeedSequence([self.seed, number]).generate_state(1)
        torch.manual_seed(int(state[0]))

    def _set_rates(self, rate: float) -> None:
        # of the model, not of the optimizer's saved state, which may be of a run at other rates
        shares = self.model.rates if self.model.critic is None else [*self.model.rates, CRITIC_RATE]
        for number, (group, share) in enumerate(zip(self.optimizer.param_groups, shares, strict=True)):
            value = self.model.preset.learning_rate * rate * share
            group["lr"] = value if self._rates is None else self._rates[number].fill_(value)

    def _learn(self, batch: Batch, kind: Kind) -> Tensor:
        """Compute a step's gradient and take it; returns its loss. May be recorded, see `Recorded`."""
        loss = self._add_gradient(batch, kind)
        self._take_gradient(kind)
        return loss

    def _take_gradient(self, kind: Kind) -> None:
        self.optimizer.step()
        self.optimizer.zero_grad()
        if kind[1] is not None and self.model.critic is not None:
            self.model.critic.settle()

    def _add_gradients(self, division: Division, batches: Sequence[Batch], kind: Kind, number: int) -> Tensor:
        """Those of the whole step, of which some may be computed elsewhere; returns its loss."""
        of_face = self.face_loss(self.model.drawn_px)
        weights = [
            of_face.weight(batch.truth_B4HW, batch.focus_B1HW, batch.hidden_B1HW).sum() for batch in batches
        ]
        weight = torch.stack(weights).sum()
        division.add_up([weight])
        whole = Whole(pictures=division.count * len(batches[0].truth_B4HW), weight=weight)
        losses: list[Tensor] = []

        def parts() -> Generator[dict[Tensor, Tensor]]:
            for batch, part in zip(batches, division.parts, strict=True):
                self._seed_noise(number)
                losses.append(self._add_gradient(batch, kind, part, whole))
                yield take_gradients(self.trained)

        gradients = sum_of(parts())
        set_part(self.model.encoder, None)
        loss = torch.stack(losses).sum()
        division.add_up([loss, *gradients.values()])
        for trained, gradient in gradients.items():
            trained.grad = gradient
        return loss

    def _add_gradient(
        self, batch: Batch, kind: Kind, part: Part | None = None, whole: Whole | None = None
    ) -> Tensor:
        """That of a batch, or of a part of the whole one; returns its loss."""
        model, (turn, heard), share = self.model, kind, 1.0
        if part is not None:
            share /= part.count
            set_part(model.encoder, part)
        with model.autocast():
            code = model.encoder(batch.face_B3HW)
            each = code.split(len(code) // len(model.decoders))
            drawn = [decoder(own) for decoder, own in zip(model.decoders, each, strict=True)]
            read = self.reading_loss(code, batch, share)
        pictures = torch.cat([picture.detach() for picture in drawn])
        loss, gradient = self.face_loss(model.drawn_px)(
            pictures, batch.truth_B4HW, batch.focus_B1HW, whole, batch.hidden_B1HW
        )
        if heard is not None and model.critic is not None:
            weight = heard * self.weights.adversarial
            with model.autocast():
                add_adversarial_gradient(model.critic, pictures, batch.truth_B4HW, gradient, weight, share)
        with_given(read, drawn, gradient).backward()
        self.add_consistency(each, turn, share)
        return loss + read.detach()

    def follow(self, done: float) -> None:
        """Let what changes in the course of a training follow it: networks that grow, and a critic.

        Args:
            done: share of the training that lies behind.
        """
        model = self.model
        self.heard = heard_at(done) if model.critic is not None and self.weights.adversarial else None
        if not model.preset.doublings:
            return
        before = model.drawn_px
        model.grow(max(model.grown, grown_at(done, model.preset.doublings)))  # they never shrink
        if model.drawn_px != before:
            self.forget_recorded()

    def face_loss(self, size_px: int) -> FaceLoss:
        """The loss for pictures of one size."""
        if size_px not in self._losses:
            self._losses[size_px] = FaceLoss(size_px, self.weights.picture).to(self.model.device)
        return self._losses[size_px]

    def reading_loss(self, code: Tensor, batch: Batch, share: float = 1.0) -> Tensor:
        """How far the code is from saying the expression; 0 where it need not, or learns nothing more."""
        weight = share * self.weights.expression
        if not weight or not code.requires_grad:
            return torch.zeros((), requires_grad=True, device=code.device)
        read = self.model.encoder.expression(code).float()  # type: ignore[operator]
        return weight * nn.functional.smooth_l1_loss(read, batch.expression_BX)

    def consistency_turn(self, number: int) -> int | None:
        """Which of the others' codes decoders are given at a step, see `add_consistency_gradient`.

        Args:
            number: of the step.

        Returns:
            None at steps that have none.
        """
        people = len(self.model.decoders)
        if not self.weights.consistency or people < 2 or number % EVERY:
            return None
        return number // EVERY % (people - 1)

    def add_consistency(self, codes: Sequence[Tensor], turn: int | None, share: float = 1.0) -> None:
        """Add to the decoders' gradients what keeps the expression of a swap.

        Args:
            codes: of each identity's faces.
            turn: see `consistency_turn`; nothing is added where it is None.
            share: that these are of the step's faces.
        """
        if turn is not None:
            weight = share * EVERY * self.weights.consistency
            add_consistency_gradient(self.model, codes, weight, turn)

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
    batches: Iterable[Batch] | Iterable[Sequence[Batch]],
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
        trainer.follow(schedule.done(elapsed, step))
        rate = schedule.rate(elapsed, step)
        loss = trainer.step(batch, rate, step)
        step += 1
        moment = Moment(step=step, elapsed_s=time.monotonic() - started_s, loss=loss, rate=rate)
        if not on_step(moment):
            break
    return schedule.done(time.monotonic() - started_s, step) >= 1
