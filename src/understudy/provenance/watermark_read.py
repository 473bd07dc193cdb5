"""Reads waves as evidence for a mark, and says what chance would make of it.

What the chance of a false find is said to be is a bound that holds for any footage, not a fit to some: signs
are coins that were tossed before anybody saw the footage, and whatever weights a face gives them, the sum of
n coins with weights of square sum 1 exceeds z at most 3.18 times as often as a normal variable does.

Reference:
    Bentkus and Dzindzalieta, A tight Gaussian bound for weighted sums of Rademacher random variables,
    Bernoulli 2015, theorem 1.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.provenance.watermark_code import CODED_BITS
from understudy.provenance.watermark_pattern import PERIOD_S, Floats, Pattern, carriers

_ABOVE_NORMAL = 3.1787  # how many times as often as a normal variable at most
_SLOWEST_HZ, _FASTEST_HZ = 0.1, 5.0  # what is slower is the face's own, what is faster has no mark
_ALIKE = 0.5  # of the usual power, from which on what many waves do together is the face's own movement
_ROUNDS = 6
_CLOCK_S = 0.1  # by how much the time is shifted at once
CLOCKS = round(PERIOD_S / _CLOCK_S)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What consecutive frames say of each wave, known without any sign.

    Args:
        times_s: (t,).
        luma: (t, n) float32, by how much it goes up or down for the mark's sake, as far as can be told.
        blue: likewise the difference of blue.
    """

    times_s: NDArray[np.float64]
    luma: Floats
    blue: Floats


def evidence_of(waves: Pattern, canvases: Floats, times_s: NDArray[np.float64]) -> Evidence:
    """Look at consecutive frames.

    Args:
        waves: that are looked at.
        canvases: (t, CANVAS_PX, CANVAS_PX, 2) float32 luma and difference of blue, `left_over`.
        times_s: (t,) when they are shown.
    """
    rate_hz = 1 / max(float(np.median(np.diff(times_s))), 1e-3)
    luma, blue = (
        # of shorter waves coding leaves less
        _weighed(*waves.waves(canvases[..., part]), rate_hz) / waves.frequency
        for part in range(2)
    )
    return Evidence(times_s=times_s, luma=luma, blue=blue)


def clocks_s() -> NDArray[np.float64]:
    """(CLOCKS,) by how many seconds footage may have been cut at its beginning, a period being all alike."""
    return np.arange(CLOCKS, dtype=np.float64) * _CLOCK_S


def luma_seen(evidence: Sequence[Evidence]) -> Floats:
    """(CLOCKS, CHIPS, n) what is said of each wave of each pattern if the time is shifted; of length 1."""
    seen = np.stack([_summed(evidence, float(clock_s), "luma") for clock_s in clocks_s()])
    length = np.sqrt(np.square(seen, dtype=np.float64).sum(axis=(1, 2), keepdims=True))
    return np.asarray(seen / np.maximum(length, 1e-30), np.float32)


def pilot_scores(waves: Pattern, seen: Floats) -> NDArray[np.float64]:
    """(CLOCKS,) what the pilot says, in standard deviations of what other coins would say.

    Args:
        waves: whose pilot is looked for.
        seen: `luma_seen`.
    """
    flat = waves.pilot.reshape(-1).astype(np.float32)
    return np.asarray(seen.reshape(CLOCKS, -1) @ flat, np.float64)


def soft_bits(waves: Pattern, evidence: Sequence[Evidence], clock_s: float) -> NDArray[np.float64]:
    """(CODED_BITS,) what each coded bit is held for."""
    votes = _summed(evidence, clock_s, "blue") * waves.data
    return np.bincount(waves.bit.ravel(), votes.ravel(), CODED_BITS).astype(np.float64)


def chance(score: float, log_tests: float) -> float:
    """A bound on the chance that the best of some tests comes out so high without a mark.

    Args:
        score: in standard deviations.
        log_tests: natural logarithm of their number.
    """
    tail = _ABOVE_NORMAL / 2 * math.erfc(max(0.0, score) / math.sqrt(2))
    return math.exp(min(0.0, log_tests + math.log(tail))) if tail > 0 else 0.0


def _summed(evidence: Sequence[Evidence], clock_s: float, part: str) -> Floats:
    """(CHIPS, n) what is said of each wave of each pattern."""
    said = [carriers(each.times_s + clock_s).T @ getattr(each, part) for each in evidence]
    return np.sum(said, axis=0)


def _weighed(used: Floats, rest: Floats, rate_hz: float) -> Floats:
    """(t, n): waves over time, each weighed by how quiet it is where nothing is known of signs.

    It is what a filter matched to faint signs sees in noise whose power differs by wave and by pace, and
    that has movements in which many waves take part: these are known from all waves, the others, too.
    """
    frames = len(used)
    paces_hz = np.arange(frames) * (rate_hz / (2 * frames))
    kept = np.flatnonzero((paces_hz >= _SLOWEST_HZ) & (paces_hz <= _FASTEST_HZ))
    paces = np.cos((np.arange(frames) + 0.5) * (math.pi / frames) * kept[:, None]) * math.sqrt(2 / frames)
    seen = paces @ np.concatenate([used, rest], axis=1)
    least = 1e-3 * float(np.median(np.square(seen))) + 1e-9
    loudness = _loudness(np.square(seen), least)
    quiet = _without_common(seen / loudness)
    loudness = _loudness(np.square(quiet * loudness), least)  # of what is not a movement of many
    quiet = _without_common(seen / loudness) / loudness
    return np.asarray(paces.T @ quiet[:, : used.shape[1]], np.float32)


def _loudness(power: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    """(paces, waves) the root of what power is usual for a pace and a wave."""
    by_wave = np.ones(power.shape[1])
    by_pace = np.ones(len(power))
    for _ in range(_ROUNDS):
        by_pace = (power / by_wave).mean(axis=1) + 1e-12
        by_pace /= by_pace.mean()
        by_wave = (power / by_pace[:, None]).mean(axis=0) + least
    return np.sqrt(by_pace[:, None] * by_wave)


def _without_common(seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same with what many waves do together made small."""
    over_time, sizes, over_waves = np.linalg.svd(seen, full_matrices=False)
    power = np.square(sizes)
    sizes = sizes / (1 + power / max(_ALIKE * float(np.median(power)), 1e-30))
    return (over_time * sizes) @ over_waves
