"""One speaker's pitch in another's range."""

from __future__ import annotations

import numpy as np

from understudy.speech.creak import Creak, creaked, melody_of
from understudy.speech.frames import Floats
from understudy.speech.speaker import SpeakerStats

_ROOM = 1.25  # beyond what was heard of a speaker, four semitones
_LOWEST_HZ = 30.0  # what is lower a vocoder says as noise
_SOFT = 0.25  # of the distance beyond that which is kept


def converted_pitch(
    f0_hz: Floats,
    source: SpeakerStats,
    target: SpeakerStats,
    *,
    creak: Creak | None = None,
    semitones: float = 0.0,
) -> Floats:
    """Move ln(pitch) to another speaker's mean and spread; where it is lowest, creak as the speaker does.

    Args:
        f0_hz: (n,), 0 where there is no pitch.
        source: whose it is.
        target: whose it shall be like.
        creak: where the speaker creaks, see `creak.creak_for`; nowhere if None.
        semitones: higher or lower than that.

    Returns:
        (n,), 0 where it was. What would lie beyond the speaker's range is pulled towards it.

    Reference:
        Chappell and Hansen 1998, "Speaker-specific pitch contour modeling": the Gaussian of log F0. Its whole
        histogram (Wu et al. 2010) was tried: creak comes and goes with single rows then, and without creak
        spreads are no nearer.
    """
    voiced = f0_hz > 0
    if not voiced.any():
        return f0_hz.copy()
    melody, was_creaked = melody_of(f0_hz, source)
    moved = melody[voiced] * target.log_f0_std + target.log_f0_mean
    low, high = np.log(target.f0_low_hz / _ROOM), np.log(target.f0_high_hz * _ROOM)
    held = np.clip(moved, low, high)
    held += _SOFT * (moved - held)
    if creak is not None:
        deeper = target.creak_depth + creak.middle * target.log_f0_std
        held -= deeper * creaked(melody, was_creaked, creak)[voiced]
    made = np.zeros_like(f0_hz)
    made[voiced] = np.maximum(np.exp(held + semitones * np.log(2) / 12), _LOWEST_HZ)
    return made
