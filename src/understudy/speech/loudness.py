"""How loud sound is to people.

Reference:
    ITU-R BS.1770-4: K-weighting (annex 1, filters for any rate from their analogue form), blocks of 400 ms,
    gates at -70 LUFS and 10 LU below what passes that.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from understudy.media.sound import Samples

SILENT_LUFS = -70.0
_BLOCK_S, _STEP_S = 0.4, 0.1
_OFFSET = -0.691
# frequency in Hz, quality, gain in dB of the shelf; then of the high-pass
_SHELF = (1681.974450955533, 0.7071752369554196, 3.999843853973347)
_HIGH_PASS = (38.13547087602444, 0.5003270373238773)


def loudness_lufs(sound: Samples, rate_hz: int) -> float:
    """Integrated loudness of one channel; `SILENT_LUFS` where nothing passes the gates.

    Args:
        sound: (n,) float32, full scale at 1.
        rate_hz: of the sound.
    """
    return loudness_of(block_powers(sound, rate_hz))


def loudness_of(powers: NDArray[np.float64]) -> float:
    """Integrated loudness of what `block_powers` measured, of one sound or of several together."""
    power = powers[powers > 10 ** ((SILENT_LUFS - _OFFSET) / 10)]
    if not power.size:
        return SILENT_LUFS
    gate = power.mean() / 10.0
    return float(_OFFSET + 10 * np.log10(power[power > gate].mean()))


def block_powers(sound: Samples, rate_hz: int) -> NDArray[np.float64]:
    """Mean square of each block of the weighted sound; a sound shorter than a block is one."""
    if not sound.size:
        return np.zeros(0)
    weighted: NDArray[np.float64] = _weighted(sound, rate_hz)
    block, step = round(_BLOCK_S * rate_hz), round(_STEP_S * rate_hz)
    if len(weighted) <= block:
        return np.full(1, float(np.mean(weighted**2)))
    sums = np.concatenate([[0.0], np.cumsum(weighted**2)])
    starts = np.arange(0, len(weighted) - block + 1, step)
    return np.asarray((sums[starts + block] - sums[starts]) / block, np.float64)


def _weighted(sound: Samples, rate_hz: int) -> NDArray[np.float64]:
    """K-weighted sound: filtered as a whole by its spectrum, with room behind for the filter to ring out."""
    size = 1 << math.ceil(math.log2(len(sound) + rate_hz))
    spectrum = np.fft.rfft(sound.astype(np.float64), size)
    z = np.exp(-2j * np.pi * np.arange(len(spectrum)) / size)
    for numerator, denominator in (_shelf(rate_hz), _high_pass(rate_hz)):
        spectrum *= np.polyval(numerator[::-1], z) / np.polyval(denominator[::-1], z)
    return np.fft.irfft(spectrum, size)[: len(sound)]


def _shelf(rate_hz: int) -> tuple[list[float], list[float]]:
    frequency, quality, gain = _SHELF
    k = math.tan(math.pi * frequency / rate_hz)
    high = 10 ** (gain / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / quality + k * k
    b = [(high + band * k / quality + k * k) / a0, 2 * (k * k - high) / a0]
    b.append((high - band * k / quality + k * k) / a0)
    return b, [1.0, 2 * (k * k - 1) / a0, (1 - k / quality + k * k) / a0]


def _high_pass(rate_hz: int) -> tuple[list[float], list[float]]:
    frequency, quality = _HIGH_PASS
    k = math.tan(math.pi * frequency / rate_hz)
    a0 = 1 + k / quality + k * k
    return [1.0, -2.0, 1.0], [1.0, 2 * (k * k - 1) / a0, (1 - k / quality + k * k) / a0]
