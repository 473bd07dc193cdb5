"""Levels of bands, against one window at a time; and what is the speaker's own taken out."""

from __future__ import annotations

import numpy as np
import pytest

from made_speech import HIGH, LOW, speech
from understudy.speech.log_mel import BANDS, FLOOR, RATE_HZ, heard, log_mel, normalised


def test_a_tone_is_in_its_band_and_as_loud_as_it_is() -> None:
    time = np.arange(RATE_HZ) / RATE_HZ
    rows = log_mel((0.5 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32))
    assert rows.shape == (101, BANDS)
    # mel of 1000 Hz is 1000; bands lie evenly between those of 80 and 7600 Hz
    low, high = 2595 * np.log10(1 + np.array([80, 7600]) / 700)
    assert abs(int(rows[50].argmax()) + 1 - (1000 - low) / (high - low) * (BANDS + 1)) <= 1
    louder = log_mel(np.sin(2 * np.pi * 1000 * time).astype(np.float32))
    assert (louder - rows)[50].max() == pytest.approx(2 * np.log(2), abs=0.01)


def test_a_row_is_about_its_own_moment() -> None:
    click = np.zeros(RATE_HZ, np.float32)
    click[8000] = 1
    assert int(log_mel(click).mean(axis=1).argmax()) == 50


@pytest.mark.parametrize("change", ["louder", "through a telephone's slope"])
def test_what_is_the_microphones_own_is_taken_out(change: str) -> None:
    sound = speech(LOW, 3.0, seed=1)
    other = 0.1 * sound if change == "louder" else np.convolve(sound, [1, -0.6])[: len(sound)]
    plain, changed = (normalised(log_mel(one.astype(np.float32))) for one in (sound, other))
    raw = np.abs(log_mel(sound) - log_mel(other.astype(np.float32)))[heard(log_mel(sound))].mean() / 3
    assert np.abs(plain - changed).mean() < 0.2 * raw


def test_nobody_speaks_in_silence_or_steady_noise() -> None:
    random = np.random.default_rng(0)
    for sound in (np.zeros(32_000, np.float32), (0.1 * random.normal(size=32_000)).astype(np.float32)):
        assert not heard(log_mel(sound)).any()
        assert (normalised(log_mel(sound)) == FLOOR).all()
    said = heard(log_mel(np.concatenate([np.zeros(16_000, np.float32), speech(HIGH, 2.0, seed=2)])))
    assert not said[:95].any()
    assert said[100:].mean() > 0.4
