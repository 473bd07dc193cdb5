"""How far a figure over the frames can be trusted: confidence intervals by resampling stretches of time.

Frames next to each other are alike, so a thousand frames are not a thousand measurements: an interval
that takes them as such is too narrow. Here whole blocks of consecutive frames are drawn, each as long
as the likeness lasts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from understudy.measure.block_length import Values, block_length

RESAMPLES = 2000
CONFIDENCE = 0.95
FEWEST_FRAMES = 8  # below, no interval is given
_MOST_GATHERED = 2_000_000  # values held while resampling, 16 MB
_MOST_Z = math.atanh(1 - 1e-12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure with its confidence interval.

    Args:
        value: the figure over the frames that are known.
        low: lower end of the interval, None where there are too few frames for one.
        high: upper end.
        frames: frames that are known.
        block_frames: frames drawn together.
    """

    value: float
    low: float | None
    high: float | None
    frames: int
    block_frames: int

    @property
    def half_width(self) -> float | None:
        """Half the interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    @property
    def sign(self) -> int:
        """1 or -1 where the whole interval lies above or below 0, else 0."""
        if self.low is None or self.high is None:
            return 0
        return int(self.low > 0) - int(self.high < 0)


def mean_interval(values: ArrayLike, *, confidence: float = CONFIDENCE, seed: int = 0) -> Estimate | None:
    """Mean of a series over time, with its interval.

    Args:
        values: (n,) one value a frame in order of time; None or NaN where not known. What is known is
            taken as consecutive.
        confidence: share of such intervals that hold the true mean, 0 to 1.
        seed: of the resampling.

    Returns:
        The estimate; None where no value is known.

    Reference:
        Kuensch, The jackknife and the bootstrap for general stationary observations, Annals of
        Statistics 17(3), 1989; blocks go round the end as in Politis & Romano, A circular block-
        resampling procedure for stationary data, 1992. Block length: `block_length`.
    """
    known = _known(values)[0]
    if not len(known):
        return None
    return _interval(known[:, None], known, lambda means: means[:, 0], confidence, seed)


def difference_interval(
    a: ArrayLike, b: ArrayLike, *, confidence: float = CONFIDENCE, seed: int = 0
) -> Estimate | None:
    """Mean of a - b over the frames that both know, with its interval.

    The same frames are hard for both, so the pairwise differences vary less than either series.

    Args:
        a: (n,) one value a frame; None or NaN where not known.
        b: the same frames of another output.
        confidence: as in `mean_interval`.
        seed: of the resampling.

    Returns:
        The estimate; None where no frame is known in both.

    Raises:
        ValueError: series of different length.
    """
    one, other = _known(a, b)
    return mean_interval(one - other, confidence=confidence, seed=seed)


def correlation_interval(
    a: ArrayLike, b: ArrayLike, *, confidence: float = CONFIDENCE, seed: int = 0
) -> Estimate | None:
    """Pearson r of two series over time, with its interval.

    Args:
        a: (n,) one value a frame; None or NaN where not known.
        b: the same frames of the other.
        confidence: as in `mean_interval`.
        seed: of the resampling.

    Returns:
        The estimate; None with fewer than three common frames or where either series does not change.

    Raises:
        ValueError: series of different length.
    """
    one, other = _known(a, b)
    if _is_constant(one) or _is_constant(other):
        return None
    estimate = _interval(
        _moments(one, other),
        _influence(one, other),
        lambda means: _atanh(_r(means)),  # on this scale the spread depends little on r
        confidence,
        seed,
    )
    ends = [None if end is None else math.tanh(end) for end in (estimate.low, estimate.high)]
    return Estimate(
        value=math.tanh(estimate.value),
        low=ends[0],
        high=ends[1],
        frames=estimate.frames,
        block_frames=estimate.block_frames,
    )


def correlation_difference_interval(
    a: ArrayLike, b: ArrayLike, with_: ArrayLike, *, confidence: float = CONFIDENCE, seed: int = 0
) -> Estimate | None:
    """How much better one series follows a third than another does: r(a, with_) - r(b, with_).

    Args:
        a: (n,) one value a frame; None or NaN where not known.
        b: the same frames of another output.
        with_: the same frames of what both should follow.
        confidence: as in `mean_interval`.
        seed: of the resampling.

    Returns:
        The estimate over the frames that all three know; None with fewer than three, or where one of
        them does not change.

    Raises:
        ValueError: series of different length.
    """
    one, other, third = _known(a, b, with_)
    if _is_constant(one) or _is_constant(other) or _is_constant(third):
        return None
    moments = np.hstack([_moments(one, third), _moments(other, third)])
    influence = _influence(one, third) - _influence(other, third)
    return _interval(moments, influence, lambda means: _r(means[:, :5]) - _r(means[:, 5:]), confidence, seed)


def _interval(
    columns: Values,
    influence: Values,
    statistic: Callable[[Values], Values],
    confidence: float,
    seed: int,
) -> Estimate:
    """Bootstrap a statistic of column means.

    Args:
        columns: (n, c) what is averaged over the frames.
        influence: (n,) how much each frame moves the statistic; chooses the block length.
        statistic: (m, c) means to (m,) values.
        confidence: 0 to 1.
        seed: of the resampling.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence}")
    n, block = len(columns), block_length(influence)
    value = float(statistic(columns.mean(axis=0, keepdims=True))[0])
    low = high = None
    if n >= FEWEST_FRAMES:
        drawn = statistic(_resampled_means(columns, block, seed))
        tail = (1 - confidence) / 2
        ends = np.quantile(drawn - value, [tail, 1 - tail]) * _widening(n, block, confidence)
        low, high = float(value + ends[0]), float(value + ends[1])
    return Estimate(value=value, low=low, high=high, frames=n, block_frames=block)


def _resampled_means(columns: Values, block: int, seed: int) -> Values:
    """(RESAMPLES, c) means over blocks drawn with replacement."""
    n = len(columns)
    count = math.ceil(n / block)
    around = np.concatenate([np.zeros((1, columns.shape[1])), np.cumsum(_around(columns, block), axis=0)])
    block_sums = around[block : block + n] - around[:n]
    generator = np.random.default_rng(seed)
    means = np.empty((RESAMPLES, columns.shape[1]))
    at_once = max(1, _MOST_GATHERED // (count * columns.shape[1]))  # all at once would grow with the footage
    for first in range(0, RESAMPLES, at_once):
        starts = generator.integers(0, n, (min(at_once, RESAMPLES - first), count))
        means[first : first + len(starts)] = block_sums[starts].sum(axis=1)
    return means / (count * block)


def _around(columns: Values, block: int) -> Values:
    """The columns, with the beginning once more behind the end."""
    return np.concatenate([columns, columns[: block - 1]])


def _widening(n: int, block: int, confidence: float) -> float:
    """What the spread of resampled means lacks of the spread of the mean itself.

    A resample holds whole blocks, so a few frames more than there are; blocks vary around the series'
    own mean rather than the true one, which hides block / n of the variance; and a spread learned
    from few blocks is itself uncertain (Student's t in place of the normal).
    """
    count = math.ceil(n / block)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return math.sqrt(count * block / n / (1 - block / n)) * _student_quantile(z, n / block - 1) / z


def _student_quantile(z: float, freedom: float) -> float:
    """Quantile of Student's t that belongs to the normal distribution's quantile `z`.

    Reference:
        Abramowitz & Stegun, Handbook of Mathematical Functions, 1964, 26.7.5.
    """
    v = max(freedom, 2.0)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )


def _known(*series: ArrayLike) -> list[Values]:
    """The frames that all series know, one (n,) array a series."""
    arrays = [np.asarray(one, np.float64) for one in series]
    if len({array.shape for array in arrays}) > 1:
        raise ValueError(f"series differ in length: {[len(array) for array in arrays]}")
    everywhere = np.isfinite(arrays).all(axis=0)
    return [array[everywhere] for array in arrays]


def _is_constant(values: Values) -> bool:
    return len(values) < 3 or float(np.ptp(values)) < 1e-9


def _standard(values: Values) -> Values:
    return (values - values.mean()) / values.std()


def _moments(a: Values, b: Values) -> Values:
    """(n, 5) whose means tell r; of standardised values, so that nothing cancels."""
    x, y = _standard(a), _standard(b)
    return np.column_stack([x, y, x * x, y * y, x * y])


def _r(means: Values) -> Values:
    """Correlations from (m, 5) means of `_moments`."""
    x, y, xx, yy, xy = means.T
    spread = np.sqrt(np.maximum(xx - x * x, 1e-12) * np.maximum(yy - y * y, 1e-12))
    return np.clip((xy - x * y) / spread, -1, 1)


def _influence(a: Values, b: Values) -> Values:
    """(n,) how much each frame moves r, to first order."""
    x, y = _standard(a), _standard(b)
    return x * y - (x @ y / len(x)) * (x * x + y * y) / 2


def _atanh(r: Values) -> Values:
    return np.clip(np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)), -_MOST_Z, _MOST_Z)
