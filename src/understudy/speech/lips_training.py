"""Learn from recordings of somebody who is seen and heard what a mouth does while something is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from understudy.nets.lips import LipsNet, LipsNetConfig
from understudy.speech.log_mel import BANDS, FLOOR, ROW_S, Floats

_PIECE_S = 3.0  # what is learnt from at once
_MOST_TILT, _MOST_SHIFT = 0.25, 2.5  # of another voice: units of `normalised` from low to high, bands
_NOISE = (-2.0, -1.0)  # how loud noise may be, units of `normalised`
_SILENT_SHARE = 0.12  # of what is learnt from: silence, in which a mouth is shut
_MOVE_WEIGHT = 0.5  # of changes from frame to frame, against places
_LEFT_OUT, _BLOCK_S = 6, 3.0  # of so many blocks of so long one
_BLOCK_ROWS = 6000  # said at once; bounds the memory
_RAMP = 0.1  # share of the steps in which the rate rises

OnStep = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class LipsRecording:
    """Somebody who is seen and heard.

    Args:
        rows: (n, `BANDS`) from `normalised`.
        times_s: (m,) of the frames, 0 where the sound begins.
        values: (m, k) what the mouth does in each; NaN where it is not seen.
    """

    rows: Floats
    times_s: NDArray[np.float64]
    values: Floats


@dataclass(frozen=True, kw_only=True)
class LipsTrainingConfig:
    """How to learn.

    Args:
        steps: of each network.
        batch: pieces a step.
        rate: largest learning rate.
        members: networks that learn apart and whose mean is taken: steadier than one.
        seed: of every random choice.
    """

    steps: int = 300
    batch: int = 8
    rate: float = 2e-3
    members: int = 2
    seed: int = 0


def train_lips(
    recordings: Sequence[LipsRecording],
    weights: NDArray[np.floating],
    config: LipsTrainingConfig,
    on_step: OnStep = lambda *_: None,
    *,
    others: Sequence[LipsRecording] = (),
) -> tuple[list[LipsNet], list[float]]:
    """Train networks, each without another part of what there is, by which it is judged.

    Args:
        recordings: of one person; the mouth is seen for some seconds.
        weights: (k,) what each number counts for.
        config: how.
        on_step: hears of steps done and of how many there are.
        others: of a second person; however much there is, half of what is learnt from at most.

    Returns:
        Networks whose mean is to be taken; and for each person the mean correlation of the last number with
        the real one in the parts that each network has not learnt from.
    """
    people = [recordings, others] if others else [recordings]
    known = np.concatenate([one.values for of_one in people for one in of_one])
    known = known[np.isfinite(known).all(axis=1)]
    mean, spread = known.mean(axis=0), known.std(axis=0) + 1e-3
    nets, found = list[LipsNet](), list[list[float]]()
    for member in range(config.members):
        torch.manual_seed(config.seed + member)
        net = LipsNet(LipsNetConfig(bands=BANDS, outputs=known.shape[1]))
        net.mean_K.copy_(torch.from_numpy(mean))
        net.spread_K.copy_(torch.from_numpy(spread))
        done = member * config.steps
        parts = [_split(of_one, member / config.members) for of_one in people]
        pieces = [[piece for one in kept for piece in _pieces(one)] for kept, _ in parts]
        _train(net, pieces, torch.from_numpy(np.asarray(weights, np.float32)), config, member,
               lambda step, done=done: on_step(done + step, config.members * config.steps))  # fmt: skip
        nets.append(net.eval())
        found.append([_judged(net, left_out) for _, left_out in parts])
    return nets, np.mean(found, axis=0).tolist()


@torch.inference_mode()
def said_by(nets: Sequence[LipsNet], rows: Floats) -> Floats:
    """What the mouth does in each row.

    Args:
        nets: from `train_lips`.
        rows: (n, `BANDS`) from `normalised`.

    Returns:
        (n, k) float32.
    """
    reach = nets[0].config.reach
    block, parts = _BLOCK_ROWS, list[Floats]()
    for start in range(0, len(rows), block):
        low, high = max(0, start - reach), min(len(rows), start + block + reach)
        heard = torch.from_numpy(np.ascontiguousarray(rows[low:high].T))[None]
        before, after = reach - (start - low), reach - (high - min(len(rows), start + block))
        heard = torch.nn.functional.pad(heard, (before, after), value=FLOOR)  # silence before and after
        mean = torch.stack([net(heard)[0] for net in nets]).mean(dim=0)
        parts.append(mean[:, reach : mean.shape[1] - reach].T.numpy())
    return np.concatenate(parts).astype(np.float32) if parts else np.zeros((0, 0), np.float32)


def _split(
    recordings: Sequence[LipsRecording], place: float
) -> tuple[list[LipsRecording], list[LipsRecording]]:
    """What is learnt from, and what is not: of every `_LEFT_OUT` blocks of some seconds one."""
    kept, left_out = list[LipsRecording](), list[LipsRecording]()
    chosen, before = round(place * _LEFT_OUT), 0
    for one in recordings:
        block = before + np.floor(one.times_s / _BLOCK_S).astype(int)
        is_out = (block % _LEFT_OUT == chosen)[:, None]
        # rounded: of clips a little longer than a block every other one would be next to nothing
        before += max(1, round(len(one.rows) * ROW_S / _BLOCK_S))
        kept.append(replace(one, values=np.where(is_out, np.float32(np.nan), one.values)))
        left_out.append(replace(one, values=np.where(is_out, one.values, np.float32(np.nan))))
    return kept, left_out


def _judged(net: LipsNet, recordings: Sequence[LipsRecording]) -> float:
    """Correlation of the last number with the real one; 0 where nothing is known or moves."""
    said, real = list[Floats](), list[Floats]()
    for one in recordings:
        known = np.isfinite(one.values).all(axis=1)
        if known.any():
            said.append(at_times(said_by([net], one.rows), one.times_s[known])[:, -1])
            real.append(one.values[known, -1])
    if not said or min(np.ptp(np.concatenate(said)), np.ptp(np.concatenate(real))) == 0:
        return 0.0
    return float(np.corrcoef(np.concatenate(said), np.concatenate(real))[0, 1])


def at_times(curves: Floats, times_s: NDArray[np.float64]) -> Floats:
    """(m, k) of (n, k) rows, straight between them; the first and last row before and after."""
    known = np.arange(len(curves)) * ROW_S
    return np.stack([np.interp(times_s, known, one) for one in curves.T], axis=1).astype(np.float32)


@dataclass(frozen=True)
class _Piece:
    """Rows of one length, and where in them frames lie: left row, share of the right one."""

    heard_FT: Tensor
    left_M: Tensor
    share_M: Tensor
    values_MK: Tensor


def _pieces(one: LipsRecording) -> list[_Piece]:
    """Pieces of a recording, half over each other; those in which nobody is seen are left out."""
    length = round(_PIECE_S / ROW_S)
    found: list[_Piece] = []
    for start in range(0, max(1, len(one.rows) - length // 2), length // 2):
        rows = one.rows[start : start + length]
        at = one.times_s / ROW_S - start
        inside = (at >= 0) & (at < min(len(rows), length) - 1) & np.isfinite(one.values).all(axis=1)
        if not inside.any():
            continue
        padded = np.full((length, BANDS), FLOOR, np.float32)
        padded[: len(rows)] = rows
        left = np.floor(at[inside])
        found.append(
            _Piece(
                torch.from_numpy(np.ascontiguousarray(padded.T)),
                torch.from_numpy(left.astype(np.int64)),
                torch.from_numpy((at[inside] - left).astype(np.float32)),
                torch.from_numpy(one.values[inside]),
            )
        )
    return found


def _train(
    net: LipsNet,
    of_each: Sequence[Sequence[_Piece]],
    weights_K: Tensor,
    config: LipsTrainingConfig,
    member: int,
    on_step: Callable[[int], None],
) -> None:
    random = np.random.default_rng((config.seed, member))
    optimizer = torch.optim.AdamW(net.parameters(), lr=config.rate, weight_decay=0.02)
    weights_K = weights_K / net.spread_K**2
    pieces = [piece for of_one in of_each for piece in of_one]
    first, rest = len(of_each[0]), len(pieces) - len(of_each[0])
    chances = np.repeat([1 / first, 1 / rest], [first, rest]) / 2 if rest > first else None
    net.train()
    for step in range(config.steps):
        rising = min(1.0, (step + 1) / (_RAMP * config.steps))
        falling = 0.5 + 0.5 * np.cos(np.pi * step / config.steps)
        optimizer.param_groups[0]["lr"] = config.rate * min(rising, falling)
        drawn = (
            random.integers(0, len(pieces), config.batch)
            if chances is None
            else random.choice(len(pieces), config.batch, p=chances)
        )
        chosen = [pieces[i] for i in drawn]
        heard, silent = _changed(torch.stack([one.heard_FT for one in chosen]), random)
        said = net(heard)
        losses = [
            _loss(said[number], one, bool(silent[number]), weights_K) for number, one in enumerate(chosen)
        ]
        optimizer.zero_grad()
        torch.stack(losses).mean().backward()
        optimizer.step()
        on_step(step + 1)


def _loss(said_KT: Tensor, piece: _Piece, silent: bool, weights_K: Tensor) -> Tensor:
    found = torch.lerp(said_KT[:, piece.left_M], said_KT[:, piece.left_M + 1], piece.share_M).T
    wanted = torch.zeros_like(piece.values_MK) if silent else piece.values_MK
    apart = found - wanted
    moves = apart[1:] - apart[:-1] if len(apart) > 1 else apart
    return ((apart**2).mean(dim=0) + _MOVE_WEIGHT * (moves**2).mean(dim=0)) @ weights_K / len(weights_K)


def _changed(heard_BFT: Tensor, random: np.random.Generator) -> tuple[Tensor, NDArray[np.bool_]]:
    """The same said by other voices in other rooms; and which are replaced by silence."""
    count, bands, length = heard_BFT.shape
    normal = lambda *shape: torch.from_numpy(random.normal(size=shape).astype(np.float32))  # noqa: E731
    shift = torch.from_numpy(random.uniform(-_MOST_SHIFT, _MOST_SHIFT, count).astype(np.float32))
    heard = _warped(heard_BFT, shift)
    slope = torch.linspace(-1, 1, bands)
    tilt = _MOST_TILT * (
        normal(count, 1) * slope + normal(count, 1) * (slope**2 - 0.33) + 0.3 * normal(count, 1)
    )
    silent = random.random(count) < _SILENT_SHARE
    heard = torch.where(torch.from_numpy(silent)[:, None, None], torch.tensor(FLOOR), heard + tilt[..., None])
    noise = torch.from_numpy(random.uniform(FLOOR - 1, _NOISE[1], (count, 1, 1)).astype(np.float32))
    noise = noise + 0.3 * tilt[..., None] + 0.12 * normal(count, bands, length)
    return torch.logaddexp(3 * heard, 3 * noise).div(3).clamp(min=FLOOR), silent


def _warped(heard_BFT: Tensor, shift_B: Tensor) -> Tensor:
    """Bands moved up or down, as of a shorter or longer throat."""
    bands = heard_BFT.shape[1]
    at = (torch.arange(bands)[None] + shift_B[:, None] * torch.linspace(0.4, 1, bands)).clamp(0, bands - 1)
    left = at.floor().clamp(max=bands - 2).long()
    share = (at - left)[..., None]
    low = torch.gather(heard_BFT, 1, left[..., None].expand_as(heard_BFT))
    high = torch.gather(heard_BFT, 1, (left + 1)[..., None].expand_as(heard_BFT))
    return torch.lerp(low, high, share)
