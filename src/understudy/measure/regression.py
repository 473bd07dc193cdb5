"""Whether a figure has moved by more than chance moves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["better", "worse", "same", "unknown"]

_ROUNDING = 1e-4  # runs with one seed agree to this


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A figure before and now.

    Args:
        before: mean over the seeds of the baseline.
        now: mean over the seeds of this run.
        noise: how far the baseline's seeds lie apart; None of a single seed.
        verdict: "better" or "worse" where the means differ by more than the noise, "unknown" without it.
    """

    before: float
    now: float
    noise: float | None
    verdict: Verdict


def compare_runs(before: Sequence[float], now: Sequence[float], *, higher_is_better: bool) -> Change:
    """Hold a figure of a few seeds against that of a baseline's seeds.

    Args:
        before: one value a seed of the baseline.
        now: one value a seed of what is judged.
        higher_is_better: which way is good.

    Raises:
        ValueError: no value on either side.
    """
    if not before or not now:
        raise ValueError("a change needs a value before and one now")
    mean_before, mean_now = sum(before) / len(before), sum(now) / len(now)
    difference = mean_now - mean_before
    if len(before) < 2:
        return Change(before=mean_before, now=mean_now, noise=None, verdict="unknown")
    noise = max(max(before) - min(before), _ROUNDING)
    verdict: Verdict = "same"
    if abs(difference) > noise:
        verdict = "better" if (difference > 0) == higher_is_better else "worse"
    return Change(before=mean_before, now=mean_now, noise=noise, verdict=verdict)
