"""How much the training loop costs over its bare network, measured in one run."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from understudy.core.events import OnEvent, Progress, ignore
from understudy.core.files import peak_rss_mb
from understudy.faces.expression import EXPRESSION_SIZE
from understudy.nets.counts import count
from understudy.nets.presets import PRESETS
from understudy.training.augment import AUGMENTATION
from understudy.training.batches import Batch, batches
from understudy.training.consistency import EVERY
from understudy.training.loop import Trainer
from understudy.training.model import Model
from understudy.training.processor import has_fast_bf16, tuned
from understudy.training.samples import Samples, sample_size_px

_FACES = 200
_WARM_UP_STEPS = 3
_ROUNDS = 4  # bare and whole steps take turns, so that a busy machine slows both


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
    """What is timed.

    Args:
        preset: network, by name; see `nets.presets.PRESETS`.
        seconds: about how long the measurement takes.
        batch: faces an identity and step; the preset's where None.
        seed: of the random faces.
    """

    preset: str = "tiny"
    seconds: float = 20.0
    batch: int | None = None
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """What was measured.

    Args:
        preset: architecture.
        device: what it ran on.
        precision: "bf16" or "fp32".
        threads: of the network.
        steps_per_s: of the whole loop: random warps, network, losses, optimizer.
        bare_steps_per_s: of forward, loss, backward and optimizer on one batch that lies there.
        overhead: share of time that the loop takes over that: choosing and warping faces, telling the loss.
        network_steps_per_s: of the same without the loss, its gradient given: the floor.
        faces_per_s: of the whole loop.
        peak_rss_mb: memory at its highest.
        mfu: share of the processor's measured matrix product speed that the network reaches.
    """

    preset: str
    device: str
    precision: str
    threads: int
    steps_per_s: float
    bare_steps_per_s: float
    overhead: float
    network_steps_per_s: float
    faces_per_s: float
    peak_rss_mb: float
    mfu: float


def run(config: BenchConfig, on_event: OnEvent = ignore) -> BenchResult:
    """Time whole and bare training steps in turns.

    Raises:
        KeyError: no such preset.
    """
    with tuned():
        return _measure(config, on_event)


def _measure(config: BenchConfig, on_event: OnEvent) -> BenchResult:
    preset = PRESETS[config.preset]
    size = config.batch or preset.batch
    whole, bare = _trainer(config), _trainer(config)
    faces = [_random_faces(name, config) for name in ("a", "b")]
    made = batches(faces, size, config.seed, 0, AUGMENTATION[config.preset])
    fixed = next(made)

    numbers = {"whole": itertools.count(), "bare": itertools.count()}

    def whole_step() -> None:
        whole.step(next(made), 1.0, next(numbers["whole"]))

    def bare_step() -> None:
        _bare_step(bare, fixed, next(numbers["bare"]))

    def network_step() -> None:
        _bare_step(bare, fixed, None)

    steps = {"network": network_step, "bare": bare_step, "whole": whole_step}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        for _ in range(_WARM_UP_STEPS):
            step()
    for number in range(_ROUNDS):
        on_event(Progress(stage="bench train", done=number, total=_ROUNDS, unit="rounds"))
        for name, step in steps.items():
            times[name] += _timed(step, config.seconds / (len(steps) * _ROUNDS))
    made.close()
    network_s, bare_s, whole_s = (float(np.median(times[name])) for name in steps)
    flops = 3 * 2 * size * count(preset).flops  # there, and twice as much back, for two identities
    return BenchResult(
        preset=config.preset,
        device="cpu",
        precision="bf16" if bare.model.bf16 else "fp32",
        threads=torch.get_num_threads(),
        steps_per_s=1 / whole_s,
        bare_steps_per_s=1 / bare_s,
        overhead=whole_s / bare_s - 1,
        network_steps_per_s=1 / network_s,
        faces_per_s=2 * size / whole_s,
        peak_rss_mb=peak_rss_mb(),
        mfu=flops / network_s / _matrix_flops(bare.model),
    )


def _trainer(config: BenchConfig) -> Trainer:
    torch.manual_seed(config.seed)
    return Trainer(Model(config.preset, ["a", "b"], bf16=has_fast_bf16()), config.seed)


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


def _bare_step(trainer: Trainer, batch: Batch, number: int | None) -> None:
    """Forward, losses, backward, optimizer; without a step's number no losses: the gradient is given."""
    model, with_loss = trainer.model, number is not None
    with model.autocast():
        code = model.encoder(batch.face_B3HW)
        each = code.split(len(code) // len(model.decoders))
        drawn = [decoder(part) for decoder, part in zip(model.decoders, each, strict=True)]
        read = [trainer.reading_loss(code, batch)] if with_loss else []
    gradient = batch.truth_B4HW
    if with_loss:
        _, gradient = trainer.face_loss(model.drawn_px)(torch.cat(drawn).detach(), gradient, batch.focus_B1HW)
    torch.autograd.backward([*drawn, *read], [*gradient.split(len(drawn[0])), *[None for _ in read]])
    if number is not None:
        trainer.add_consistency(each, number)
    trainer.optimizer.step()
    trainer.optimizer.zero_grad(set_to_none=True)


def _timed(step: Callable[[], None], seconds: float) -> list[float]:
    """Seconds a step, over `EVERY` steps at a time, of which one does more; for about so long."""
    times: list[float] = []
    while sum(times) * EVERY < seconds or len(times) < 3:
        started = time.perf_counter()
        for _ in range(EVERY):
            step()
        times.append((time.perf_counter() - started) / EVERY)
    return times


def _matrix_flops(model: Model, side: int = 2048) -> float:
    """Operations a second of a large matrix product in the same precision: the floor."""
    dtype = torch.bfloat16 if model.bf16 else torch.float32
    a, b = torch.rand(side, side, dtype=dtype), torch.rand(side, side, dtype=dtype)
    torch.mm(a, b)
    return 2 * side**3 / float(np.median(_timed(lambda: _product(a, b), 0.5)))


def _product(a: torch.Tensor, b: torch.Tensor) -> None:
    torch.mm(a, b)
