"""How well a sound repeats itself after one period of its pitch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BAND_HZ = (100.0, 2000.0)  # of harmonics: below a room rumbles, above breath is loud
_POINTS = 48  # of a period that are compared
_LAGS = (0.94, 0.97, 1.0, 1.03, 1.06)  # of a period: pitch glides
_ROWS = 4000  # that are looked at together

_Doubles = NDArray[np.float64]


def likeness_of_periods(sound: _Doubles, f0: _Doubles, times: _Doubles, rate_hz: int) -> _Doubles:
    """Correlation of the period before and after each row: near 1 in a voice, near 0 in noise and rumble.

    Args:
        sound: (n,) samples.
        f0: (rows,) Hz; 0 where there is no pitch.
        times: (rows,) seconds.
        rate_hz: of the samples.

    Returns:
        (rows,) the best of some periods about that of `f0`; 0 where there is no pitch.
    """
    likeness = np.zeros(len(f0))
    voiced = np.flatnonzero(f0 > 0)
    if not len(voiced):
        return likeness
    margin = int(1.5 * rate_hz / f0[voiced].min()) + 2
    padded = np.pad(_harmonics(sound, rate_hz), margin)
    for start in range(0, len(voiced), _ROWS):
        rows = voiced[start : start + _ROWS]
        periods = rate_hz / f0[rows]
        likeness[rows] = _likeness(padded, times[rows] * rate_hz + margin, periods)
    return likeness


def _likeness(sound: _Doubles, centres: _Doubles, periods: _Doubles) -> _Doubles:
    """(rows,) of periods before and after sample `centres`."""
    within = (np.arange(_POINTS) / _POINTS - 0.5) * periods[:, None]
    best = np.full(len(centres), -1.0)
    for lag in _LAGS:
        before, after = (
            _at(sound, (centres + side * lag * periods)[:, None] + within) for side in (-0.5, 0.5)
        )
        power = (before**2).sum(1) * (after**2).sum(1)
        best = np.maximum(best, (before * after).sum(1) / np.sqrt(np.maximum(power, 1e-24)))
    return best


def _at(sound: _Doubles, places: _Doubles) -> _Doubles:
    """Samples at places between them; those outside are of the ends."""
    below = np.clip(places.astype(np.int64), 0, len(sound) - 2)
    part = places - below
    return sound[below] * (1 - part) + sound[below + 1] * part


def _harmonics(sound: _Doubles, rate_hz: int) -> _Doubles:
    """What lies in the band of the harmonics, its edges soft."""
    size = 1 << (len(sound) - 1).bit_length()
    hz = np.fft.rfftfreq(size, 1 / rate_hz)
    low, high = _BAND_HZ
    gain = (hz / low) ** 4 / (1 + (hz / low) ** 4) / (1 + (hz / high) ** 8)
    return np.fft.irfft(np.fft.rfft(sound, size) * gain, size)[: len(sound)]
