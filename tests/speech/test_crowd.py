"""One speaker or several, of rows that are made: sounds of some rows about a speaker's mean."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.speech.crowd import sounds_like_several
from understudy.speech.frames import SpeechFrames


def recording(seed: int, sounds: int, *, shift: float = 0.0, f0_hz: float = 120.0) -> SpeechFrames:
    """Of one speaker, whose mouth is `shift` of a spread of sounds unlike the first one's."""
    random = np.random.default_rng(seed)
    of_speaker = np.random.default_rng(0).normal(0, 1, 60)
    spoken = np.repeat(random.normal(0, 1, (sounds, 60)) + shift * of_speaker, 20, axis=0)
    melody = np.repeat(random.normal(0, 0.15, sounds), 20)
    spoken[:, 0] = 0.0
    return SpeechFrames(
        f0_hz=(f0_hz * np.exp(melody)).astype(np.float32),
        cepstrum=spoken.astype(np.float32),
        aperiodicity=np.zeros((len(spoken), 3), np.float32),
    )


@pytest.mark.parametrize("seed", range(6))
def test_one_speaker_is_one(seed: int) -> None:
    assert not sounds_like_several([recording(seed, 300), recording(seed + 50, 300)])


@pytest.mark.parametrize("seed", range(3))
def test_another_mouth_or_another_pitch_is_another(seed: int) -> None:
    one = recording(seed, 300)
    assert sounds_like_several([one, recording(seed + 50, 300, shift=1.0)])
    assert sounds_like_several([one, recording(seed + 50, 100, shift=1.0)])
    assert sounds_like_several([one, recording(seed + 50, 300, f0_hz=200.0)])


def test_of_little_nothing_is_said() -> None:
    assert not sounds_like_several([recording(1, 50), recording(2, 50, shift=3.0)])
    silent = SpeechFrames(
        f0_hz=np.zeros(900, np.float32),
        cepstrum=np.zeros((900, 60), np.float32),
        aperiodicity=np.zeros((900, 3), np.float32),
    )
    assert not sounds_like_several([silent])
