"""A mouth that opens where it is loud is learnt, wherever the sound lies, and is shut where nobody speaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from made_speech import HIGH, LOW, speech
from understudy.nets.lips import LipsNet
from understudy.speech.lips import lag_of, mouth_while
from understudy.speech.lips_training import (
    LipsRecording,
    LipsTrainingConfig,
    _split,
    at_times,
    said_by,
    train_lips,
)
from understudy.speech.log_mel import Floats, log_mel, normalised

FRAME_S = 0.04
SHORT = LipsTrainingConfig(steps=80, members=1, batch=4)


def opening(rows: Floats) -> Floats:
    """What the made mouths do: open with the loudness of vowels, smoothly."""
    level = np.clip(normalised(rows)[:, 3:25].mean(axis=1) + 0.8, 0, None)
    return (0.15 * np.convolve(level, np.hanning(9) / np.hanning(9).sum(), "same")).astype(np.float32)


def recording(seed: int, late_s: float = 0.0) -> LipsRecording:
    """6 s of somebody who is seen and heard, the sound later than the picture."""
    rows = log_mel(speech(LOW if seed % 2 else HIGH, 6.0, seed=seed))
    times = np.arange(0.5, 5.4, FRAME_S)
    mouth = at_times(opening(rows)[:, None], times)
    values = np.concatenate([0.5 * mouth, mouth], axis=1)
    return LipsRecording(rows=normalised(rows), times_s=times - late_s, values=values)


@pytest.fixture(scope="module")
def learnt() -> tuple[list[LipsNet], float]:
    torch.manual_seed(0)
    return train_lips([recording(seed) for seed in range(4)], np.ones(2), SHORT)


def test_the_mouth_follows_speech_that_was_not_learnt(learnt: tuple[list[LipsNet], float]) -> None:
    nets, r = learnt
    rows = log_mel(speech(LOW, 5.0, seed=9))
    said, real = mouth_while(nets, rows)[:, -1], opening(rows)
    assert np.corrcoef(said, real)[0, 1] > 0.8
    assert len(r) == 1
    assert 0.6 < r[0] < 1
    lags = [np.corrcoef(said[10 + k : -10 + k or None], real[10:-10])[0, 1] for k in range(-9, 9)]
    assert abs(int(np.argmax(lags)) - 9) <= 2  # rows of 10 ms


def test_silence_shuts_it_and_so_does_a_pause(learnt: tuple[list[LipsNet], float]) -> None:
    nets, _ = learnt
    assert (mouth_while(nets, log_mel(np.zeros(32_000, np.float32))) == 0).all()
    rows = log_mel(np.concatenate([speech(LOW, 2.0, seed=3), np.zeros(32_000, np.float32)]))
    said = mouth_while(nets, rows)
    assert said[:200, -1].max() > 0.05
    assert (said[245:] == 0).all()


def test_long_speech_is_said_as_in_one(
    learnt: tuple[list[LipsNet], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    nets, _ = learnt
    rows = normalised(log_mel(speech(LOW, 4.0, seed=5)))
    whole = said_by(nets, rows)
    monkeypatch.setattr("understudy.speech.lips_training._BLOCK_ROWS", 150)
    assert np.allclose(said_by(nets, rows), whole, atol=1e-5)


@pytest.mark.parametrize("length_s", [1.0, 2.98, 3.02, 4.0, 7.0])
@pytest.mark.parametrize("place", [0.0, 0.5])
def test_about_a_sixth_of_clips_of_any_length_is_left_out(length_s: float, place: float) -> None:
    frames = round(25 * length_s)
    one = LipsRecording(
        rows=np.zeros((round(100 * length_s), 40), np.float32),
        times_s=np.arange(frames) / 25,
        values=np.ones((frames, 1), np.float32),
    )
    clips = [one] * 24
    kept, left_out = (np.concatenate([part.values for part in parts]) for parts in _split(clips, place))
    assert (np.isfinite(kept) != np.isfinite(left_out)).all()
    assert 1 / 12 < np.isfinite(left_out).mean() < 1 / 4


def test_what_is_not_seen_is_not_learnt_from() -> None:
    torch.manual_seed(0)
    one = recording(1)
    blind = replace(one, values=one.values.copy())
    blind.values[40:80] = np.nan
    nets, _ = train_lips([blind], np.ones(2), replace(SHORT, steps=3))
    assert np.isfinite(said_by(nets, one.rows)).all()


def test_each_person_is_judged_apart_and_counts_half_at_most() -> None:
    """Of much of somebody else, whose mouth has nothing to do with their sound, nothing is spoilt."""
    wrong = [replace(recording(seed), rows=recording(seed + 1).rows) for seed in range(20, 28)]
    torch.manual_seed(0)
    nets, (own, other) = train_lips([recording(seed) for seed in range(2)], np.ones(2), SHORT, others=wrong)
    assert own > 0.5 > other
    rows = log_mel(speech(LOW, 5.0, seed=9))
    assert np.corrcoef(mouth_while(nets, rows)[:, -1], opening(rows))[0, 1] > 0.6


@pytest.mark.parametrize("late_s", [-0.2, -0.1, 0.0, 0.12, 0.24])
def test_sound_that_is_late_is_found(late_s: float) -> None:
    lag_s, r = lag_of([recording(seed, late_s) for seed in range(3)])
    assert r > 0.8
    if late_s == 0:
        assert lag_s == 0
    else:
        # the made mouth opens when it is loud, a real one 15 ms before
        assert lag_s == pytest.approx(late_s - 0.015, abs=0.011)


def test_sound_of_something_else_has_no_lag() -> None:
    other = replace(recording(1), rows=recording(2).rows)
    assert lag_of([other])[1] < 0.5
    still = replace(other, values=np.zeros_like(other.values))
    assert lag_of([still]) == (0.0, 0.0)
