"""Speech roughly as ears hear it: levels of bands a hundred times a second, whoever speaks how loud."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from understudy.media.sound import Samples
from understudy.speech.activity import active

RATE_HZ = 16_000
ROW_S = 0.01
BANDS = 40
FLOOR = -2.0  # what `normalised` gives where nothing is heard
_LOW_HZ, _HIGH_HZ = 80.0, 7600.0
_WINDOW, _SPECTRUM = 400, 512  # samples: 25 ms, and what they are padded to
_BLOCK = 4096  # rows at once; bounds the memory
_UNIT = 3.0  # nepers of power, 13 dB
_QUIET = 1e-10  # mean power of a band below which nothing is heard
_LEAST_DB = -70.0  # of full scale: what is quieter nobody says
_LEAST_RANGE_DB = 12.0  # between what is loud and what is quiet; steady noise has less

Floats = NDArray[np.float32]


def log_mel(sound: Samples) -> Floats:
    """Levels of bands that are as wide as the ear's.

    Args:
        sound: (n,) float32 at `RATE_HZ`.

    Returns:
        (rows, `BANDS`) float32, ln of mean power; row i is about sample i * `ROW_S` * `RATE_HZ`.

    Reference:
        Davis and Mermelstein 1980, "Comparison of parametric representations"; mel scale of O'Shaughnessy.
    """
    hop = round(ROW_S * RATE_HZ)
    padded = np.pad(sound, _WINDOW // 2)
    views = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::hop]
    window = np.hanning(_WINDOW).astype(np.float32)
    blocks = [_powers(views[start : start + _BLOCK], window) for start in range(0, len(views), _BLOCK)]
    return np.log(np.maximum(np.concatenate(blocks), _QUIET)).astype(np.float32)


def heard(rows: Floats) -> NDArray[np.bool_]:
    """In which rows of `log_mel` somebody speaks, as far as levels tell: no pauses, no steady noise."""
    levels = _levels_db(rows)
    loud, range_db = active(levels)
    if range_db < _LEAST_RANGE_DB and not _is_all_speech(levels):
        return np.zeros(len(rows), np.bool_)
    return loud & (levels > _LEAST_DB)


def normalised(rows: Floats) -> Floats:
    """The same without what is the microphone's, the room's and the speaker's own.

    Args:
        rows: (n, `BANDS`) from `log_mel`.

    Returns:
        (n, `BANDS`) float32: 0 is the mean of what is spoken, a band each; `FLOOR` where nothing is heard.
    """
    loud = heard(rows)
    if not loud.any():
        return np.full(rows.shape, FLOOR, np.float32)
    return np.maximum((rows - rows[loud].mean(axis=0)) / np.float32(_UNIT), np.float32(FLOOR))


def _is_all_speech(levels: NDArray[np.float64]) -> bool:
    """Whether a short recording without a pause is no steady noise: syllables rise and fall."""
    return bool(np.ptp(levels) > 2 * _LEAST_RANGE_DB) if levels.size else False


def _levels_db(rows: Floats) -> NDArray[np.float64]:
    power = np.exp(rows.astype(np.float64)).mean(axis=1)
    return np.asarray(10 * np.log10(power), np.float64)


def _powers(views: Samples, window: Floats) -> Floats:
    spectrum = np.abs(np.fft.rfft(views * window, _SPECTRUM, axis=1)) ** 2 / float((window**2).sum())
    return np.asarray(spectrum @ _filters().T, np.float32)


@cache
def _filters() -> NDArray[np.float64]:
    """(`BANDS`, bins) triangles side by side on the mel scale, each of sum 1."""
    edges = _hz(np.linspace(_mel(_LOW_HZ), _mel(_HIGH_HZ), BANDS + 2))
    at = np.arange(_SPECTRUM // 2 + 1) * RATE_HZ / _SPECTRUM
    left, middle, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    shapes = np.minimum((at - left) / (middle - left), (right - at) / (right - middle)).clip(0)
    return shapes / shapes.sum(axis=1, keepdims=True)


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return 700 * (10 ** (mel / 2595) - 1)
