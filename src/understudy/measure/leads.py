"""When, over time, one of several outputs is clearly better than all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.measure.block_length import Values

_WINDOW_S = 0.5
_FEWEST_IN_WINDOW = 5
_DRIFT_WINDOWS = 8
_CLEAR_Z = 3.0  # deviations; many moments are looked at, and some look clear by chance
_DEVIATIONS_A_MEDIAN = 1.4826  # of the normal distribution


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
    each other output is three times as large as such means usually stray from those of the four
    seconds around.

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
    if not known.any():
        return np.zeros(len(lead), np.bool_)
    mean, count = _means(lead, known, window)
    # what drifts over seconds is the lead itself, what is left is noise; the median lets no turn of the
    # lead pass for noise
    noise = np.abs(mean - _means(lead, known, _DRIFT_WINDOWS * window)[0])[count > 0]
    error = _DEVIATIONS_A_MEDIAN * float(np.median(noise))
    return (count >= _FEWEST_IN_WINDOW) & (mean > max(_CLEAR_Z * error, 1e-12))


def _means(values: Values, known: NDArray[np.bool_], window: int) -> tuple[Values, Values]:
    """(n,) mean of what is known in the window around each frame, and how many frames that is."""
    count = _sums(known.astype(np.float64), window)
    return _sums(np.where(known, values, 0.0), window) / np.maximum(count, 1), count


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
