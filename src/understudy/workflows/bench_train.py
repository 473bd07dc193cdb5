"""How much the training loop costs over its bare network, measured in one run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from understudy.core.events import OnEvent, Progress, ignore
from understudy.core.files import peak_rss_mb
from understudy.faces.expression import EXPRESSION_SIZE
from understudy.nets.counts import counts_of
from understudy.nets.given_gradient import with_given
from understudy.nets.presets import PRESETS
from understudy.training.augment import AUGMENTATION
from understudy.training.batches import Batch, batches
from understudy.training.consistency import EVERY
from understudy.training.loop import Trainer
from understudy.training.model import Model
from understudy.training.processor import find_device, has_fast_bf16, tuned
from understudy.training.recorded import Recorded
from understudy.training.samples import Samples, sample_size_px
from understudy.workflows.memory import batch_for

_FACES = 200
_WARM_UP_STEPS = 3
_WARM_UP_STEPS_ON_GPU = 8 * EVERY  # until every kind of step is recorded
_LEAST_ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
    """What is timed.

    Args:
        preset: network, by name; see `nets.presets.PRESETS`.
        seconds: about how long the measurement takes.
        batch: faces an identity and step; what training takes there where None.
        seed: of the random faces.
        device: "cpu", "cuda", "cuda:1" and so on, or "auto" for a GPU where there is one.
    """

    preset: str = "tiny"
    seconds: float = 20.0
    batch: int | None = None
    seed: int = 0
    device: str = "auto"


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """What was measured.

    Args:
        preset: architecture.
        device: what it ran on, by its name.
        batch: faces an identity and step.
        precision: "bf16" or "fp32".
        threads: of the network.
        steps_per_s: of the whole loop: random warps, network, losses, optimizer.
        bare_steps_per_s: of forward, loss, backward and optimizer on one batch that lies there.
        overhead: share of time that the loop takes over that: choosing and warping faces, telling the loss;
            the median of the rounds, in each of which both are timed.
        overhead_range: between which the median of so many rounds would lie 95 times in 100 (bootstrap).
        rounds: how many.
        network_steps_per_s: of the same without the loss, its gradient given: the floor.
        faces_per_s: of the whole loop.
        peak_rss_mb: memory at its highest.
        peak_device_mb: a GPU's memory at its highest, two models held; None on a processor.
        mfu: share of the device's measured matrix product speed that the network reaches.
    """

    preset: str
    device: str
    batch: int
    precision: str
    threads: int
    steps_per_s: float
    bare_steps_per_s: float
    overhead: float
    overhead_range: tuple[float, float]
    rounds: int
    network_steps_per_s: float
    faces_per_s: float
    peak_rss_mb: float
    peak_device_mb: float | None
    mfu: float


def run(config: BenchConfig, on_event: OnEvent = ignore) -> BenchResult:
    """Time whole and bare training steps in turns.

    Raises:
        ConfigError: there is no such device.
        KeyError: no such preset.
    """
    with tuned():
        return _measure(config, on_event)


def _measure(config: BenchConfig, on_event: OnEvent) -> BenchResult:
    device = find_device(config.device)
    size = config.batch or batch_for(config.preset, 2, device)
    whole = _trainer(config, device)
    # one network for both on a processor, where it matters how memory happens to lie; recorded steps of a GPU
    # need their own
    bare = whole if device.type == "cpu" else _trainer(config, device)
    faces = [_random_faces(name, config) for name in ("a", "b")]
    made = batches(faces, size, config.seed, 0, AUGMENTATION[config.preset], device)
    fixed = next(made)

    def compute(batch: Batch, kind: tuple[int | None, bool]) -> Tensor:
        return _bare_step(bare, batch, *kind)

    step_of = compute if device.type == "cpu" else Recorded(compute, device)
    numbers = {"whole": count(), "bare": count()}

    def whole_step() -> None:
        whole.step(next(made), 1.0, next(numbers["whole"]))

    def bare_step() -> None:
        step_of(fixed, (bare.consistency_turn(next(numbers["bare"])), True))

    def network_step() -> None:
        step_of(fixed, (None, False))

    steps = {"network": network_step, "bare": bare_step, "whole": whole_step}
    warm_up = _WARM_UP_STEPS if device.type == "cpu" else _WARM_UP_STEPS_ON_GPU
    times = _in_turns(steps, warm_up, config.seconds, _Clock(device), on_event)
    made.close()
    network_s, bare_s, whole_s = (float(np.median(times[name])) for name in steps)
    ratios = np.array(times["whole"]) / np.array(times["bare"])
    flops = 3 * 2 * size * counts_of(config.preset).flops  # there, and twice as much back, for two identities
    return BenchResult(
        preset=config.preset,
        device="cpu" if device.type == "cpu" else torch.cuda.get_device_name(device),
        batch=size,
        precision="bf16" if bare.model.bf16 else "fp32",
        threads=torch.get_num_threads(),
        steps_per_s=1 / whole_s,
        bare_steps_per_s=1 / bare_s,
        overhead=float(np.median(ratios)) - 1,
        overhead_range=_range_of_median(ratios - 1, config.seed),
        rounds=len(ratios),
        network_steps_per_s=1 / network_s,
        faces_per_s=2 * size / whole_s,
        peak_rss_mb=peak_rss_mb(),
        peak_device_mb=None if device.type == "cpu" else torch.cuda.max_memory_allocated(device) / 1e6,
        mfu=flops / network_s / _matrix_flops(bare.model, _Clock(device)),
    )


def _trainer(config: BenchConfig, device: torch.device) -> Trainer:
    torch.manual_seed(config.seed)
    model = Model(config.preset, ["a", "b"], bf16=has_fast_bf16(device)).to(device)
    return Trainer(model, config.seed)


def _random_faces(name: str, config: BenchConfig) -> Samples:
    preset = PRESETS[config.preset]
    side = sample_size_px(preset.size_px)
    rng = np.random.default_rng(config.seed)
    return Samples(
        identity=name,
        size_px=preset.size_px,
        planes=rng.integers(0, 256, (_FACES, 5, side, side), np.uint8),
        expressions=rng.normal(0, 1, (_FACES, 2, EXPRESSION_SIZE)).astype(np.float32),
    )


def _bare_step(trainer: Trainer, batch: Batch, turn: int | None, with_loss: bool) -> Tensor:
    """Forward, losses, backward, optimizer; without losses the gradient is given. Returns the loss, or 0."""
    model = trainer.model
    with model.autocast():
        code = model.encoder(batch.face_B3HW)
        each = code.split(len(code) // len(model.decoders))
        drawn = [decoder(part) for decoder, part in zip(model.decoders, each, strict=True)]
        read = trainer.reading_loss(code, batch) if with_loss else torch.zeros((), device=code.device)
    loss, gradient = torch.zeros_like(read), batch.truth_B4HW
    if with_loss:
        loss, gradient = trainer.face_loss(model.drawn_px)(
            torch.cat(drawn).detach(), gradient, batch.focus_B1HW
        )
    with_given(read, drawn, gradient).backward()
    trainer.add_consistency(each, turn)
    trainer.optimizer.step()
    trainer.optimizer.zero_grad()
    return loss


def _range_of_median(values: NDArray[np.float64], seed: int) -> tuple[float, float]:
    """The middle 95 % of the medians of as many values drawn from these (Efron 1979)."""
    drawn = np.random.default_rng(seed).choice(values, (2000, len(values)))
    low, high = np.quantile(np.median(drawn, axis=1), [0.025, 0.975])
    return float(low), float(high)


class _Clock:
    """Times steps on one device; a GPU is waited for once in many steps, as training does."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._together = EVERY if device.type == "cpu" else 4 * EVERY  # of `EVERY` steps one does more

    def timed(self, step: Callable[[], None]) -> float:
        """Seconds a step, the mean of several."""
        self._wait()
        started = time.perf_counter()
        for _ in range(self._together):
            step()
        self._wait()
        return (time.perf_counter() - started) / self._together

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def _in_turns(
    steps: Mapping[str, Callable[[], None]], warm_up: int, seconds: float, clock: _Clock, on_event: OnEvent
) -> dict[str, list[float]]:
    """Seconds a step of each kind, round by round; all kinds are timed in each round."""
    for step in steps.values():
        for _ in range(warm_up):
            step()
    times: dict[str, list[float]] = {name: [] for name in steps}
    begun, rounds = time.perf_counter(), 0
    while (spent := time.perf_counter() - begun) < seconds or rounds < _LEAST_ROUNDS:
        on_event(Progress(stage="bench train", done=int(spent), total=int(seconds), unit="seconds"))
        # the other way round every time: a machine whose speed moves within seconds would else lend its
        # speed to one of them
        for name, step in list(steps.items())[:: -1 if rounds % 2 else 1]:
            times[name].append(clock.timed(step))
        rounds += 1
    return times


def _matrix_flops(model: Model, clock: _Clock) -> float:
    """Operations a second of a large matrix product in the same precision: the floor."""
    side = 2048 if clock.device.type == "cpu" else 8192
    dtype = torch.bfloat16 if model.bf16 else torch.float32
    a, b = (torch.rand(side, side, device=clock.device).to(dtype) for _ in range(2))
    torch.mm(a, b)
    return 2 * side**3 / float(np.median([clock.timed(lambda: _product(a, b)) for _ in range(_LEAST_ROUNDS)]))


def _product(a: Tensor, b: Tensor) -> None:
    torch.mm(a, b)
