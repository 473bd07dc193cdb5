"""Creak: where a voice's melody is lowest it drops by about an octave, as at the ends of sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.speech.frames import HOP_S, Floats, SpeechFrames, in_stretches, stretches_of
from understudy.speech.speaker import OCTAVE, SpeakerStats, is_below_register

_JUMP = 0.35  # of ln(Hz) from one row to the next: a melody that glides down as far is no creak
_HEARD_ROWS = round(0.04 / HOP_S)  # of creak there was; single rows are mistakes
_FEWEST_ROWS = round(0.1 / HOP_S)  # that are creaked together anew: a few periods are not heard as creak
_SMOOTH_ROWS = round(0.15 / HOP_S)  # over which a melody is low
_EDGE_ROWS = round(0.02 / HOP_S)  # two periods at each end, in which a creaked pitch is heard but not found
_LEAST_SHARE = 0.005  # less than that is as likely to be a wrong octave
_FIRST = 100.0  # spreads: what was creaked before is creaked before all else
_ROUNDS = 40  # of halving the span in which a limit lies


@dataclass(frozen=True, kw_only=True)
class Creak:
    """Where a speaker who is changed is to creak.

    Args:
        below: how low a melody must be, in spreads from its mean.
        middle: mean of the melody there, likewise.
    """

    below: float = -np.inf
    middle: float = 0.0


def creak_for(recordings: list[SpeechFrames], source: SpeakerStats, share: float) -> Creak:
    """Find how low a melody must be to be creaked, so that a share of its rows is.

    Args:
        recordings: of the speaker who is changed.
        source: what that speaker is like.
        share: of rows with pitch in which creak shall be found, 0 to 1.

    Returns:
        Nowhere where that is nearer to the share than any limit, or the share is next to none.
    """
    if share < _LEAST_SHARE:
        return Creak()
    melodies = [melody_of(one.f0_hz, source) for one in recordings]
    lowness = [_lowness(*one) for one in melodies]
    wanted = share * sum(int((one.f0_hz > 0).sum()) for one in recordings)

    def count(limit: float) -> int:
        return sum(int(_surely(one, limit).sum()) for one in lowness)

    low, high = -2 * _FIRST, 0.0
    best = -np.inf
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if abs(count(middle) - wanted) < abs(count(best) - wanted):
            best = middle
        low, high = (middle, high) if count(middle) < wanted else (low, middle)
    chosen = [melody[_surely(low, best)] for (melody, _), low in zip(melodies, lowness, strict=True)]
    where = np.concatenate(chosen) if chosen else np.zeros(0)
    return Creak(below=best, middle=float(where.mean())) if len(where) else Creak()


def creaked(melody: NDArray[np.float64], was_creaked: NDArray[np.bool_], creak: Creak) -> NDArray[np.bool_]:
    """(n,) rows that are said as deep as the other speaker creaks.

    Args:
        melody: (n,) of `melody_of`.
        was_creaked: (n,) likewise.
        creak: of `creak_for`.
    """
    surely = _surely(_lowness(melody, was_creaked), creak.below)
    run = np.cumsum(np.isnan(melody))  # what has pitch on both sides of a pause is not one
    wide = surely.copy()
    for k in range(1, _EDGE_ROWS + 1):
        same = run[k:] == run[:-k]
        wide[k:] |= surely[:-k] & same
        wide[:-k] |= surely[k:] & same
    return wide & ~np.isnan(melody)


def melody_of(f0_hz: Floats, source: SpeakerStats) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """A speaker's melody without creak, and where that was.

    Args:
        f0_hz: (n,) pitch; 0 where there is none.
        source: whose it is.

    Returns:
        (n,) in spreads from the mean, creak an octave higher, NaN where there is no pitch; (n,) what is
        creak: an octave below the middle of the voice, and begun or ended by a jump.
    """
    voiced = f0_hz > 0
    log_f0 = np.log(np.where(voiced, f0_hz, np.nan).astype(np.float64))
    low = in_stretches(voiced & is_below_register(log_f0, source.log_f0_mean), _HEARD_ROWS)
    steps = np.concatenate([[0.0], np.diff(log_f0), [0.0]])  # into each row; NaN beside a pause
    for start, end in stretches_of(low):
        if not (steps[start] < -_JUMP or steps[end] > _JUMP):
            low[start:end] = False
    melody = (log_f0 + OCTAVE * low - source.log_f0_mean) / source.log_f0_std
    return np.asarray(melody, np.float64), low


def _lowness(melody: NDArray[np.float64], was_creaked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n,) the melody about each row; infinite where there is no pitch."""
    if not len(melody):
        return melody
    voiced = ~np.isnan(melody)
    window = np.ones(2 * (_SMOOTH_ROWS // 2) + 1)

    def about(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.convolve(values, window, mode="full")[len(window) // 2 :][: len(values)]

    smooth = about(np.where(voiced, melody, 0.0)) / np.maximum(about(voiced.astype(np.float64)), 1.0)
    return np.where(voiced, smooth - _FIRST * was_creaked, np.inf)


def _surely(lowness: NDArray[np.float64], limit: float) -> NDArray[np.bool_]:
    is_low = lowness < limit
    return in_stretches(is_low, _FEWEST_ROWS) | in_stretches(is_low & (lowness < -_FIRST / 2), _HEARD_ROWS)
