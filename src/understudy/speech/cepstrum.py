"""Spectral envelopes as mel-cepstra and back: both ways are one matrix product.

Reference:
    Tokuda et al. 1994, "Mel-generalized cepstral analysis"; Oppenheim and Johnson 1972, "Discrete
    representation of signals" (the recursion that warps a cepstrum's frequency axis).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

MEL_WARP = 0.466  # of the all-pass whose axis lies closest to the mel scale at 24 kHz

Array = NDArray[np.float64]


def warping(inputs: int, outputs: int, alpha: float) -> Array:
    """(inputs, outputs) matrix that warps the frequency axis of cepstra: rows are cepstra.

    Args:
        inputs: coefficients before.
        outputs: coefficients after.
        alpha: of the all-pass, in -1 to 1; what is above 0 gives low frequencies more room.
    """
    warped = np.zeros((inputs, outputs))
    state = np.zeros((inputs, outputs))
    for index in range(inputs - 1, -1, -1):
        before = state
        state = np.empty_like(before)
        unit = np.zeros(inputs)
        unit[index] = 1.0
        state[:, 0] = unit + alpha * before[:, 0]
        if outputs > 1:
            state[:, 1] = (1 - alpha * alpha) * before[:, 0] + alpha * before[:, 1]
        for j in range(2, outputs):
            state[:, j] = before[:, j - 1] + alpha * (before[:, j] - state[:, j - 1])
        warped = state
    return warped


@cache
def cepstrum_from_log_power(bins: int, order: int, alpha: float = MEL_WARP) -> Array:
    """(bins, order + 1) matrix: natural logarithms of power, from 0 to half the rate, to mel-cepstra."""
    cepstra = np.fft.irfft(np.eye(bins), axis=1)[:, :bins] * 0.5
    cepstra[:, 1:-1] *= 2.0
    return cepstra @ warping(bins, order + 1, alpha)


@cache
def log_power_from_cepstrum(bins: int, order: int, alpha: float = MEL_WARP) -> Array:
    """(order + 1, bins) matrix: mel-cepstra to log power spectra."""
    cepstra = warping(order + 1, bins, -alpha)
    cepstra[:, 1:-1] /= 2.0
    whole = np.concatenate([cepstra, cepstra[:, -2:0:-1]], axis=1)
    return 2.0 * np.fft.rfft(whole, axis=1).real
