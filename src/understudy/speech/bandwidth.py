"""Recordings of a lower rate hold nothing above half of it: where that is, and what envelopes say there.

An empty band lies 100 dB below speech. Taken for part of the envelope it outweighs all that is said, in
cepstra, in distances between them and in what a network learns; and as no sound of 16 bits is that empty,
it is not the same when it is analysed again. So envelopes go on above it as speech usually does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.media.sound import Samples
from understudy.speech.frames import RATE_HZ

_WINDOW = 1024
_MOST_WINDOWS = 4096  # that are looked at, of a long recording
_EMPTY_DB = 68.0  # below the strongest band: no consonant is as soft, and 16 bits of full sound are softer
_SMOOTH_HZ = 200.0
_LEAST_HZ = 2500.0  # a telephone has more; below, it is no question of rates
_NEARLY_ALL = 0.97  # of the whole band: nothing is missing
_EDGE_HZ = 500.0  # below the end, where filters and the smoothing of envelopes reach
_SEEN_HZ = 400.0  # of the envelope that say how it goes on
_FALL_DB_HZ = 6e-3  # as speech falls towards high frequencies

Array = NDArray[np.float64]


def bandwidth_hz(sound: Samples) -> float:
    """Up to where a recording holds anything; half of `RATE_HZ` where nothing is missing.

    Args:
        sound: (n,) at `RATE_HZ`.
    """
    whole = RATE_HZ / 2
    if len(sound) < _WINDOW:
        return whole
    windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[:: _WINDOW // 2]
    windows = windows[:: -(-len(windows) // _MOST_WINDOWS)]
    spectra = np.fft.rfft(windows * np.hanning(_WINDOW).astype(np.float32), axis=1)
    power = np.square(np.abs(spectra)).mean(axis=0)
    step_hz = RATE_HZ / _WINDOW
    width = max(1, round(_SMOOTH_HZ / step_hz))
    power = np.convolve(power, np.ones(width) / width, mode="same")
    if not power.max() > 0:
        return whole
    last = float(np.flatnonzero(power > power.max() * 10 ** (-_EMPTY_DB / 10))[-1] * step_hz)
    return last if _LEAST_HZ <= last < _NEARLY_ALL * whole else whole


def continued(log_power: Array, up_to_hz: float) -> Array:
    """Envelopes that go on where a recording holds nothing.

    Args:
        log_power: (n, bins) natural logarithms of power, from 0 to half of `RATE_HZ`; changed in place.
        up_to_hz: from `bandwidth_hz`.
    """
    bins = log_power.shape[1]
    step_hz = RATE_HZ / 2 / (bins - 1)
    if up_to_hz >= RATE_HZ / 2:
        return log_power
    edge = int((up_to_hz - _EDGE_HZ) / step_hz)
    seen = log_power[:, edge - int(_SEEN_HZ / step_hz) : edge].mean(axis=1, keepdims=True)
    away_hz = (np.arange(edge, bins) - edge + 0.5 * _SEEN_HZ / step_hz) * step_hz
    log_power[:, edge:] = seen - away_hz * (_FALL_DB_HZ * np.log(10) / 10)
    return log_power
