"""What a mouth does while something is said: shut in silence, and where lips all but meet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from understudy.nets.lips import LipsNet
from understudy.speech.lips_training import LipsRecording, said_by
from understudy.speech.log_mel import ROW_S, Floats, heard, normalised

LAG_REACH_S = 0.4  # how far sound and picture may be apart to be found
LEAST_R = 0.3  # of level and opening: with less, sound and mouth have nothing to do with each other
_USUAL_LAG_S = 0.015  # how much later it is loud than a mouth is open, in footage whose sound is right
_LAG_STEP_S = 0.01
_FAR = 0.3  # of r, a second: syllables repeat, so that of lags that fit alike the smaller is the likelier
_NOT_TOLD_S = 0.045  # smaller lags than this are left: r hardly tells them, nor does anybody see them
_SPOKEN = slice(3, 25)  # bands in which vowels are loud
_PAUSE_S, _SHUTS_S = 0.2, 0.15  # how long before and after speech a mouth may be open, and shuts in
_TOUCH = 0.012  # distances between the eyes: lips that come nearer than that touch


def mouth_while(nets: Sequence[LipsNet], rows: Floats) -> Floats:
    """What the mouth does while a recording is heard.

    Args:
        nets: from `train_lips`; the last number that they say is how far lips are apart.
        rows: (n, `BANDS`) from `log_mel`.

    Returns:
        (n, k) float32; all 0, which is a mouth at rest, where nobody speaks.
    """
    said = said_by(nets, normalised(rows))
    gap = said[:, -1].clip(0)
    said[:, -1] = np.where(gap < 2 * _TOUCH, (2 * (gap - _TOUCH)).clip(0), gap)
    return said * _speaks(heard(rows))[:, None]


def lag_of(recordings: Sequence[LipsRecording]) -> tuple[float, float]:
    """How much later than its picture the sound of footage is.

    Mouths are open where it is loud. The lag is that with the highest correlation, over all recordings, of
    the lips' distance in each frame with the level of the bands of vowels so much later.

    Args:
        recordings: their last number is how far lips are apart.

    Returns:
        Seconds, 0 where it is too small to be told; and that correlation.

    Reference:
        Slaney and Covell 2000, "FaceSync": picture and sound aligned by the correlation of both.
    """
    lags = np.arange(-LAG_REACH_S, LAG_REACH_S + _LAG_STEP_S / 2, _LAG_STEP_S)
    found, weights = list[NDArray[np.float64]](), list[int]()
    for one in recordings:
        seen = np.isfinite(one.values[:, -1])
        gap, times_s = one.values[seen, -1], one.times_s[seen]
        level = one.rows[:, _SPOKEN].mean(axis=1)
        if seen.sum() < 3 or np.ptp(gap) < _TOUCH or np.ptp(level) == 0:
            continue
        rows_s = np.arange(len(level)) * ROW_S
        found.append(np.array([_r(np.interp(times_s + lag, rows_s, level), gap) for lag in lags]))
        weights.append(len(gap))
    if not found:
        return 0.0, 0.0
    r = np.average(found, axis=0, weights=weights)
    best = int((r - _FAR * np.abs(lags - _USUAL_LAG_S)).argmax())
    while (near := r[max(0, best - 1) : best + 2]).max() > r[best]:  # which of several, but not where it lies
        best = max(0, best - 1) + int(near.argmax())
    lag = float(lags[best]) - _USUAL_LAG_S
    return (lag if abs(lag) >= _NOT_TOLD_S and r[best] >= LEAST_R else 0.0), float(r[best])


def _speaks(loud: NDArray[np.bool_]) -> Floats:
    """(n,) 1 where somebody speaks and shortly before and after, 0 in pauses."""
    if not loud.any():
        return np.zeros(len(loud), np.float32)
    at, spoken = np.arange(len(loud)), np.flatnonzero(loud)
    after = np.searchsorted(spoken, at).clip(max=len(spoken) - 1)
    before = (after - 1).clip(0)
    far_s = ROW_S * np.minimum(np.abs(spoken[after] - at), np.abs(at - spoken[before]))
    return np.clip(1 - (far_s - _PAUSE_S) / _SHUTS_S, 0, 1).astype(np.float32)


def _r(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-12))
