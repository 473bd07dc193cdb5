"""Creak: where a voice's melody is lowest, it drops an octave, as it does at the ends of sentences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.speech.frames import HOP_S, Floats, SpeechFrames, in_stretches
from understudy.speech.speaker import OCTAVE, SpeakerStats, is_below_register

NOWHERE = -np.inf
_SMOOTH_ROWS = round(0.15 / HOP_S)  # over which a melody is low
_FEWEST_ROWS = round(0.1 / HOP_S)  # that are creaked together: a few periods are not heard as creak
_EDGE_ROWS = round(0.02 / HOP_S)  # two periods at each end, in which a creaked pitch is heard but not found
_LEAST_SHARE = 0.005  # less than that is as likely to be a wrong octave
_FIRST = 100.0  # spreads: what was creaked before is creaked before all else
_ROUNDS = 40  # of halving the span in which a limit lies


def creak_limit(recordings: list[SpeechFrames], source: SpeakerStats, share: float) -> float:
    """How low a melody must be to be creaked, so that a share of its rows is.

    Args:
        recordings: of the speaker who is changed.
        source: what that speaker is like.
        share: of rows that shall be creaked, 0 to 1.

    Returns:
        For `creaked`; `NOWHERE` where no limit is better than none, or the share is next to none.
    """
    if share < _LEAST_SHARE:
        return NOWHERE
    lowness = [_lowness(one.f0_hz, source) for one in recordings]
    wanted = share * sum(int((one.f0_hz > 0).sum()) for one in recordings)

    def missed(limit: float) -> float:
        return abs(sum(int(_surely(one, limit).sum()) for one in lowness) - wanted)

    low, high = -2 * _FIRST, 0.0
    best = NOWHERE
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if missed(middle) < missed(best):
            best = middle
        count = sum(int(_surely(one, middle).sum()) for one in lowness)
        low, high = (middle, high) if count < wanted else (low, middle)
    return best


def creaked(f0_hz: Floats, source: SpeakerStats, limit: float) -> NDArray[np.bool_]:
    """(n,) rows that are said an octave below.

    Args:
        f0_hz: (n,) pitch of the speaker who is changed; 0 where there is none.
        source: what that speaker is like.
        limit: of `creak_limit`.
    """
    surely = _surely(_lowness(f0_hz, source), limit)
    about = np.convolve(surely, np.ones(2 * _EDGE_ROWS + 1), mode="full")[
        _EDGE_ROWS : _EDGE_ROWS + len(surely)
    ]
    return (about > 0) & (f0_hz > 0)


def _lowness(f0_hz: Floats, source: SpeakerStats) -> NDArray[np.float64]:
    """(n,) the melody about each row, in the speaker's spreads; infinite where there is no pitch."""
    voiced = f0_hz > 0
    log_f0 = np.log(np.where(voiced, f0_hz, 1.0).astype(np.float64))
    was_creaked = voiced & is_below_register(log_f0, source.log_f0_mean)
    melody = (log_f0 + OCTAVE * was_creaked - source.log_f0_mean) / source.log_f0_std
    window = np.ones(2 * (_SMOOTH_ROWS // 2) + 1)

    def about(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.convolve(values, window, mode="full")[len(window) // 2 :][: len(values)]

    if not len(f0_hz):
        return melody
    smooth = about(np.where(voiced, melody, 0.0)) / np.maximum(about(voiced.astype(np.float64)), 1.0)
    return np.where(voiced, smooth - _FIRST * was_creaked, np.inf)


def _surely(lowness: NDArray[np.float64], limit: float) -> NDArray[np.bool_]:
    return in_stretches(lowness < limit, _FEWEST_ROWS)
