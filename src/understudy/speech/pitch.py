"""One speaker's pitch in another's range."""

from __future__ import annotations

import numpy as np

from understudy.speech.creak import NOWHERE, creaked
from understudy.speech.frames import Floats
from understudy.speech.speaker import OCTAVE, SpeakerStats, is_below_register

_ROOM = 1.25  # beyond what was heard of a speaker, four semitones
_SOFT = 0.25  # of the distance beyond that which is kept


def converted_pitch(
    f0_hz: Floats,
    source: SpeakerStats,
    target: SpeakerStats,
    *,
    creak_below: float = NOWHERE,
    semitones: float = 0.0,
) -> Floats:
    """Move ln(pitch) to another speaker's mean and spread; where it is lowest, creak as the speaker does.

    Args:
        f0_hz: (n,), 0 where there is no pitch.
        source: whose it is.
        target: whose it shall be like.
        creak_below: limit of what is creaked, see `creak.creak_limit`.
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
    log_f0 = np.log(f0_hz[voiced].astype(np.float64))
    melody = log_f0 + OCTAVE * is_below_register(log_f0, source.log_f0_mean)
    normal = (melody - source.log_f0_mean) / source.log_f0_std
    moved = normal * target.log_f0_std + target.log_f0_mean
    low, high = np.log(target.f0_low_hz / _ROOM), np.log(target.f0_high_hz * _ROOM)
    held = np.clip(moved, low, high)
    held += _SOFT * (moved - held)
    is_creaked = creaked(f0_hz, source, creak_below)[voiced]
    if is_creaked.any():
        held[is_creaked] += target.log_f0_mean - target.creak_depth - held[is_creaked].mean()
    made = np.zeros_like(f0_hz)
    made[voiced] = np.exp(held + semitones * np.log(2) / 12)
    return made
