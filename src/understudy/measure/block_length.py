"""How many frames of a series belong together: as many as one frame still tells of the next."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]  # (n,)

_FEWEST_FRAMES = 8  # below, no autocorrelation can be told from chance
_CLEAR_CORRELATION = 2.0  # in units of sqrt(log10 n / n), as in the reference


def block_length(values: Values) -> int:
    """Frames that should be drawn together, from how long the series' autocorrelation lasts.

    Args:
        values: (n,) without gaps.

    Returns:
        From 1 (neighbours tell nothing of each other) to a third of the frames.

    Reference:
        Politis & White, Automatic block-length selection for the dependent bootstrap, Econometric
        Reviews 23(1), 2004, for the circular bootstrap, with the correction of Patton, Politis &
        White, 28(4), 2009.
    """
    n = len(values)
    most = max(1, min(math.ceil(3 * math.sqrt(n)), n // 3))
    rest = values - values.mean()
    if n < _FEWEST_FRAMES or float(rest @ rest) <= 1e-24 * n * max(1.0, float(np.abs(values).max()) ** 2):
        return 1
    covariances = _autocovariances(rest)
    lags = 2 * _last_clear_lag(covariances / covariances[0], n)
    lags = min(lags, len(covariances) - 1)
    k = np.arange(-lags, lags + 1)
    # the flat-top window: 1 up to half of the lags, then falling to 0
    weights = np.clip(2 * (1 - np.abs(k) / max(lags, 1)), 0, 1) * covariances[np.abs(k)]
    spectrum, slope = float(weights.sum()), float((weights * np.abs(k)).sum())
    if slope == 0 or spectrum <= 0:
        return most if spectrum <= 0 else 1
    length = (2 * slope**2 / (4 / 3 * spectrum**2)) ** (1 / 3) * n ** (1 / 3)
    return int(np.clip(math.ceil(length), 1, most))


def _autocovariances(rest: Values) -> Values:
    """(lags + 1,) autocovariances of a series of mean 0, up to the longest lag that is looked at."""
    n = len(rest)
    most = min(n - 1, math.ceil(math.sqrt(n)) + _quiet_lags(n))
    return np.array([rest[: n - k] @ rest[k:] / n for k in range(2 * most + 1) if k < n])


def _quiet_lags(n: int) -> int:
    return max(5, math.ceil(math.sqrt(math.log10(n))))


def _last_clear_lag(correlations: Values, n: int) -> int:
    """The smallest lag after which so many in a row tell nothing, at least 1."""
    quiet = np.abs(correlations[1:]) < _CLEAR_CORRELATION * math.sqrt(math.log10(n) / n)
    width = _quiet_lags(n)
    most = min(len(quiet), math.ceil(math.sqrt(n)) + width)
    for lag in range(most - width + 1):
        if quiet[lag : lag + width].all():
            return max(1, lag)
    clear = np.flatnonzero(~quiet[:most])
    return int(clear[-1]) + 1 if len(clear) else 1
