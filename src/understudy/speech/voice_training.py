"""Train an encoder and two speakers' decoders on speech in which they never say the same."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from understudy.nets.voice import SpeakerGuess, VoiceNet, VoiceNetConfig, reversed_gradient
from understudy.speech.frames import Floats
from understudy.speech.matching import matched
from understudy.speech.training_rows import Drawn, SpeakerRows, draw

_DB = 10 * math.sqrt(2) / math.log(10)  # mel-cepstral distance to decibels
_MATCHED_AT = (0.0, 0.06, 0.15, 0.3, 0.5)  # shares of the training at which rows are matched anew


@dataclass(frozen=True, kw_only=True)
class VoiceTrainingConfig:
    """How a voice model is trained.

    Args:
        steps: optimizer steps; None where `minutes` decide.
        minutes: wall time instead.
        batch: segments of each speaker and step.
        rate: learning rate at the start; it falls to 0 along half a cosine.
        matched: weight of saying what the other speaker's rows that sound alike say.
        against: weight of leaving a classifier of speakers nothing to go by.
        seed: of every random choice.
    """

    steps: int | None = 1000
    minutes: float | None = None
    batch: int = 8
    rate: float = 2e-3
    matched: float = 1.0
    against: float = 0.15
    seed: int = 0


@dataclass(kw_only=True)
class Trained:
    """What a training reached.

    Args:
        net: the networks.
        steps: done.
        seconds: they took.
        losses: the last mean of each, by name, distances in dB.
    """

    net: VoiceNet
    steps: int
    seconds: float
    losses: dict[str, float] = field(default_factory=dict[str, float])


def train_voice(
    speakers: Sequence[SpeakerRows],
    names: Sequence[str],
    config: VoiceTrainingConfig,
    on_step: Callable[[int, float, dict[str, float]], None] = lambda *_: None,
    net_config: VoiceNetConfig | None = None,
) -> Trained:
    """Train on two speakers.

    Args:
        speakers: rows of both.
        names: of both.
        config: how.
        on_step: hears of steps done, the share of the training that is done, and losses.
        net_config: sizes of the network.

    Returns:
        The networks; what they are depends on rows, settings and seed alone where `steps` are given.
    """
    torch.manual_seed(config.seed)
    random = np.random.default_rng(config.seed)
    sizes = net_config or VoiceNetConfig(coefficients=speakers[0].normal.shape[1])
    net = VoiceNet(sizes, names)
    guess = SpeakerGuess(sizes.code, len(names))
    optimizer = torch.optim.Adam([*net.parameters(), *guess.parameters()], config.rate, betas=(0.9, 0.99))
    spreads = [torch.from_numpy(one.stats.std[1:, None]) for one in speakers]
    others: list[Floats] = []
    started, step, done = time.monotonic(), 0, 0.0
    matchings = 0
    losses: dict[str, float] = {}
    while done < 1.0:
        if matchings < len(_MATCHED_AT) and done >= _MATCHED_AT[matchings]:
            others = _match(speakers, net if matchings else None)
            matchings += 1
        for group in optimizer.param_groups:
            group["lr"] = config.rate * 0.5 * (1 + math.cos(math.pi * done))
        drawn = [draw(one, other, config.batch, random) for one, other in zip(speakers, others, strict=True)]
        parts = _losses(net, guess, drawn, spreads)
        total = parts["own"] + config.matched * parts["matched"] + config.against * _DB * parts["guess"]
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        step += 1
        done = (
            step / config.steps
            if config.steps
            else (time.monotonic() - started) / (60 * (config.minutes or 1))
        )
        for name, value in parts.items():
            losses[name] = 0.98 * losses.get(name, float(value.detach())) + 0.02 * float(value.detach())
        on_step(step, min(done, 1.0), losses)
    return Trained(net=net.eval(), steps=step, seconds=time.monotonic() - started, losses=losses)


def _losses(
    net: VoiceNet, guess: SpeakerGuess, drawn: Sequence[Drawn], spreads: Sequence[Tensor]
) -> dict[str, Tensor]:
    """Distances in dB of what decoders say, and how well the classifier of speakers guesses."""
    asked = torch.cat([_channels_first(one.asked) for one in drawn])
    weight = torch.cat([torch.from_numpy(one.weight) for one in drawn])
    code = net.encode(asked)
    count = len(drawn[0].asked)
    own: list[Tensor] = []
    other: list[Tensor] = []
    for speaker, spread in enumerate(spreads):
        said = net.decode(code, speaker)
        wanted = torch.cat(
            [_channels_first(one.own if place == speaker else one.other) for place, one in enumerate(drawn)]
        )
        far = ((said - wanted[:, 1:]) * spread).square().sum(1).add(1e-6).sqrt() * weight
        for place in range(len(drawn)):
            part = slice(place * count, (place + 1) * count)
            mean = _DB * far[part].sum() / weight[part].sum().clamp(min=1)
            (own if place == speaker else other).append(mean)
    truth = torch.arange(len(drawn)).repeat_interleave(count)[:, None].expand(-1, code.shape[-1])
    guessed = guessed_speakers(guess, code, truth)
    return {
        "own": torch.stack(own).mean(),
        "matched": torch.stack(other).mean(),
        "guess": (guessed * weight).sum() / weight.sum().clamp(min=1),
    }


def guessed_speakers(guess: Callable[[Tensor], Tensor], code_BCT: Tensor, truth_BT: Tensor) -> Tensor:
    """How far a classifier of speakers is from the truth; what is before the code learns to mislead it.

    Where it guesses a segment worse than by chance, it is misled already. To mislead it further has no end:
    codes grew until nothing else was learnt, in two of three trainings on 16 s of speech.

    Args:
        guess: says scores, (B, speakers, T), of codes.
        code_BCT: what is said, of B segments.
        truth_BT: whose they are.

    Returns:
        (B, T) cross-entropy.
    """
    seen_BCT = reversed_gradient(code_BCT)
    scores_BST = guess(seen_BCT)
    guessed_BT = torch.nn.functional.cross_entropy(scores_BST, truth_BT, reduction="none")
    if seen_BCT.requires_grad:
        is_known = guessed_BT.detach().mean(dim=1) < math.log(scores_BST.shape[1])
        seen_BCT.register_hook(lambda gradient: gradient * is_known[:, None, None])
    return guessed_BT


def _match(speakers: Sequence[SpeakerRows], net: VoiceNet | None) -> list[Floats]:
    """For every row of each speaker what the other would say; by what the network says, once there is one."""
    found: list[Floats] = []
    for speaker, rows in enumerate(speakers):
        other = speakers[1 - speaker]
        known = other.keys()
        as_other = None if net is None else _as_normal(said_as(net, rows.normal, 1 - speaker), rows, other)
        values = matched(rows.keys(as_other), known, other.normal[other.is_speech])
        full = rows.normal.copy()
        full[rows.is_speech] = values
        found.append(full)
    return found


def _as_normal(said: Floats, rows: SpeakerRows, other: SpeakerRows) -> Floats:
    """What was said with the spread of the other's own rows: means of several rows have less."""
    speech, real = said[rows.is_speech], other.normal[other.is_speech]
    level = rows.normal[:, :1]
    moved = (said - speech.mean(0)) / (speech.std(0) + 1e-3) * real[:, 1:].std(0) + real[:, 1:].mean(0)
    return np.concatenate([level, moved], axis=1).astype(np.float32)


def said_as(net: VoiceNet, normal: Floats, speaker: int) -> Floats:
    """Let a speaker's decoder say rows of anybody.

    Args:
        net: the networks.
        normal: (n, k) rows 10 ms apart, of mean 0 and spread 1.
        speaker: whose decoder.

    Returns:
        (n, k - 1) of mean 0 and spread 1, without the level.
    """
    with torch.inference_mode():
        code = net.encode(_channels_first(normal[None]))
        return net.decode(code, speaker)[0].T.contiguous().numpy()


def _channels_first(rows: Floats) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.swapaxes(rows, 1, 2)))
