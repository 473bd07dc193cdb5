"""Whether a figure has moved by more than the choice of seeds moves it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Judgement = Literal["better", "worse", "same", "unknown"]

_ROUNDING = 1e-4  # runs with one seed agree to this
_LEAST_FREEDOM = 2
# two-sided 99 % quantiles of Student's t for 1 to 10 degrees of freedom
_T_99 = (63.66, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedNoise:
    """How far seeds move a figure.

    Args:
        deviation: standard deviation within a pair, pooled over the pairs.
        freedom: degrees of freedom that it is known with.
    """

    deviation: float
    freedom: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A figure before and now.

    Args:
        before: mean over the seeds of the baseline.
        now: mean over the seeds of this run, None where one of them has no such figure any more.
        noise: what seeds alone move it by in one of a hundred comparisons; None where too few are known.
        judgement: "better" or "worse" beyond the noise, "worse" too where the figure is lost.
    """

    before: float
    now: float | None
    noise: float | None
    judgement: Judgement


def seed_noise(pairs: Sequence[Sequence[float]]) -> SeedNoise | None:
    """Pool a figure's deviation over pairs that were each run with some seeds; None of single seeds."""
    freedom = sum(len(values) - 1 for values in pairs if len(values) > 1)
    if freedom < 1:
        return None
    squares = 0.0
    for values in pairs:
        mean = sum(values) / max(len(values), 1)
        squares += sum((value - mean) ** 2 for value in values)
    return SeedNoise(deviation=math.sqrt(squares / freedom), freedom=freedom)


def judge(
    before: Sequence[float], now: Sequence[float | None], noise: SeedNoise | None, *, higher_is_better: bool
) -> Change:
    """Hold a figure of a few seeds against that of a baseline's seeds.

    Args:
        before: one value a seed of the baseline.
        now: one value a seed of what is judged, None where it could not be measured.
        noise: of this figure; the pair's own deviation counts where it is larger.
        higher_is_better: which way is good.

    Raises:
        ValueError: no value on either side.

    Reference:
        Student's t test of two means with one pooled deviation, at 99 %.
    """
    if not before or not now:
        raise ValueError("a change needs a value before and one now")
    mean_before = sum(before) / len(before)
    known = [value for value in now if value is not None]
    if len(known) < len(now):
        return Change(before=mean_before, now=None, noise=None, judgement="worse")
    mean_now = sum(known) / len(known)
    if noise is None or noise.freedom < _LEAST_FREEDOM:
        return Change(before=mean_before, now=mean_now, noise=None, judgement="unknown")
    own = seed_noise([before])
    deviation = max(noise.deviation, own.deviation if own else 0.0)
    spread = _t_99(noise.freedom) * deviation * math.sqrt(1 / len(before) + 1 / len(now))
    limit = max(spread, _ROUNDING)
    difference = mean_now - mean_before
    judgement: Judgement = "same"
    if abs(difference) > limit:
        judgement = "better" if (difference > 0) == higher_is_better else "worse"
    return Change(before=mean_before, now=mean_now, noise=limit, judgement=judgement)


def _t_99(freedom: int) -> float:
    """The quantile; beyond the table by its expansion about the normal distribution's."""
    if freedom <= len(_T_99):
        return _T_99[freedom - 1]
    return 2.5758 + 4.916 / freedom + 8.83 / freedom**2
