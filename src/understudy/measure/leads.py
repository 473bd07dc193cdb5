"""When, over time, one of several outputs is clearly better than all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.measure.block_length import Values
from understudy.measure.bootstrap import student_quantile

_WINDOW_S = 0.5
_FEWEST_IN_WINDOW = 5
_CLEAR_Z = 3.0  # many moments are looked at: one in 370 would look clear by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time in which one output is clearly the best.

    Args:
        label: the output.
        start_s: time of its first frame, seconds.
        end_s: time of its last frame, seconds.
    """

    label: str
    start_s: float
    end_s: float


def best_shares(values: Mapping[str, Values]) -> dict[str, float | None]:
    """Share of the frames known in all outputs in which each is strictly the best.

    Args:
        values: output to (n,) values, the higher the better, NaN where not known.

    Returns:
        0 to 1 each; what is missing to 1 are frames with several best. None without a common frame.
    """
    stacked = np.array(list(values.values()))
    stacked = stacked[:, np.isfinite(stacked).all(axis=0)]
    if not stacked.size:
        return dict.fromkeys(values)
    is_best = stacked == stacked.max(axis=0)
    alone = is_best & (is_best.sum(axis=0) == 1)
    return {label: float(row.mean()) for label, row in zip(values, alone, strict=True)}


def clear_stretches(values: Mapping[str, Values], times_s: Sequence[float]) -> list[Stretch]:
    """Stretches of time in which one output is clearly better than every other.

    Around each frame half a second is looked at: an output leads clearly where its mean lead over
    each other output, frame by frame, is three standard errors or more above 0, with the frames'
    likeness to their neighbours taken off their number.

    Args:
        values: output to (n,) values, the higher the better, NaN where not known.
        times_s: (n,) rising, seconds.

    Returns:
        The stretches in order of time, at least half a window long; none overlap.
    """
    if len(values) < 2 or len(times_s) < _FEWEST_IN_WINDOW:
        return []
    step_s = float(np.median(np.diff(times_s)))
    window = max(2 * _FEWEST_IN_WINDOW - 1, round(_WINDOW_S / step_s)) | 1
    rows = list(values.values())
    leaders = np.full(len(times_s), -1)
    for i, row in enumerate(rows):
        others = [_leads(row - other, window) for j, other in enumerate(rows) if j != i]
        leaders[np.all(others, axis=0)] = i
    labels = list(values)
    found: list[Stretch] = []
    for first, last in _runs(leaders):
        if leaders[first] >= 0 and last - first + 1 >= window // 2:
            label = labels[leaders[first]]
            found.append(Stretch(label=label, start_s=float(times_s[first]), end_s=float(times_s[last])))
    return found


def _leads(lead: Values, window: int) -> NDArray[np.bool_]:
    """(n,) whether the lead is clearly above 0 in the window around each frame."""
    known = np.isfinite(lead)
    filled = np.where(known, lead, 0.0)
    count = _sums(known.astype(np.float64), window)
    mean = _sums(filled, window) / np.maximum(count, 1)
    # cumulative sums of squares lose small spreads beside large means, so the mean comes off first
    middle = float(filled[known].mean()) if known.any() else 0.0
    rest = np.where(known, lead - middle, 0.0)
    variance = _sums(rest * rest, window) / np.maximum(count, 1) - (mean - middle) ** 2
    # what drifts over many windows is the lead itself; what neighbours share within one is not independent
    independent = np.maximum(count * _independence((lead - mean)[known]), 2.0)
    error = np.sqrt(np.maximum(variance, 0) / np.maximum(independent - 1, 1))
    quantile = np.array([student_quantile(_CLEAR_Z, v - 1) for v in independent])
    return (count >= _FEWEST_IN_WINDOW) & (mean > np.maximum(quantile * error, 1e-12))


def _independence(rest: Values) -> float:
    """Share of frames that count as independent, from the correlation of neighbours."""
    square = float(rest @ rest)
    r = float(rest[1:] @ rest[:-1]) / square if square > 0 else 0.0
    return (1 - max(r, 0.0)) / (1 + max(r, 0.0))


def _sums(values: Values, window: int) -> Values:
    """(n,) sum in the window around each frame; it is cut at both ends."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    n, half = len(values), window // 2
    at = np.arange(n)
    return total[np.minimum(at + half + 1, n)] - total[np.maximum(at - half, 0)]


def _runs(values: NDArray[np.int_]) -> list[tuple[int, int]]:
    """First and last position of each run of equal values."""
    edges = np.flatnonzero(np.diff(values)) + 1
    starts, ends = [0, *edges], [*(edges - 1), len(values) - 1]
    return [(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]
