"""Pitch, matching, measuring: each against a slow way or what must be so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from made_speech import HIGH, LOW, speech
from understudy.speech import matching
from understudy.speech.activity import active, levels_db, quality_of
from understudy.speech.creak import Creak, creak_for, creaked, melody_of
from understudy.speech.frames import RATE_HZ, SpeechFrames
from understudy.speech.matching import matched, nearest
from understudy.speech.pitch import converted_pitch
from understudy.speech.speaker import SpeakerStats, speaker_stats, stats_of_recording
from understudy.speech.world import WorldVocoder


# of a normal distribution
def stats(log_f0_mean: float, log_f0_std: float) -> SpeakerStats:
    middle = np.exp(log_f0_mean)
    return SpeakerStats(
        mean=np.zeros(60, np.float32),
        std=np.ones(60, np.float32),
        noise=np.zeros(2, np.float32),
        log_f0_mean=log_f0_mean,
        log_f0_std=log_f0_std,
        f0_low_hz=float(middle / 1.5),
        f0_high_hz=float(middle * 1.5),
    )


def test_pitch_has_the_speakers_mean_and_spread() -> None:
    random = np.random.default_rng(0)
    f0 = np.exp(random.normal(np.log(110), 0.15, 4000)).astype(np.float32)
    f0[::3] = 0
    made = converted_pitch(f0, stats(np.log(110), 0.15), stats(np.log(210), 0.12))
    assert ((made > 0) == (f0 > 0)).all()
    log = np.log(made[made > 0])
    assert abs(log.mean() - np.log(210)) < 0.01
    assert abs(log.std() - 0.12) < 0.006
    higher = converted_pitch(f0, stats(np.log(110), 0.15), stats(np.log(210), 0.12), semitones=12)
    np.testing.assert_allclose(higher, 2 * made, rtol=1e-5)


def test_pitch_stays_in_the_speakers_range() -> None:
    wild = np.array([110, 1100, 20], np.float32)
    made = converted_pitch(wild, stats(np.log(110), 0.15), stats(np.log(210), 0.12))
    assert abs(made[0] - 210) < 1
    assert 210 < made[1] < 700  # unheld: 210 * 10**0.8 = 1325
    assert 210 > made[2] > 90  # taken for creak, which is not asked for; unheld: 1 Hz


def sung(f0_hz: np.ndarray) -> SpeechFrames:
    n = len(f0_hz)
    return SpeechFrames(
        f0_hz=f0_hz.astype(np.float32),
        cepstrum=np.ones((n, 60), np.float32),
        aperiodicity=np.zeros((n, 3), np.float32),
    )


def test_creak_is_no_part_of_the_melody_and_stays_where_the_other_creaks_as_often() -> None:
    random = np.random.default_rng(0)
    melody = np.exp(random.normal(np.log(190), 0.15, 4000))
    f0 = np.where(np.arange(4000) % 200 < 24, 0.5 * 190, melody).astype(np.float32)
    frames = sung(f0)
    known = speaker_stats([frames])
    assert known.creaked == pytest.approx(0.12, abs=0.001)
    assert known.creak_depth == pytest.approx(np.log(2), abs=0.01)
    assert known.log_f0_std == pytest.approx(0.15, rel=0.03)  # with creak 0.26
    assert np.exp(known.log_f0_mean) == pytest.approx(190, rel=0.01)
    assert known.f0_low_hz > 125
    creak = creak_for([frames], known, known.creaked)
    made = converted_pitch(f0, known, stats(np.log(110), 0.15), creak=creak)
    was = f0 == 95
    assert made[was].mean() == pytest.approx(55, rel=0.03)
    beside = np.isin(np.arange(4000) % 200, [*range(196, 200), *range(24, 28)])  # where it is not found
    assert np.log(made[beside]).mean() == pytest.approx(np.log(55), abs=0.02)
    assert np.log(made[~was & ~beside]).std() == pytest.approx(0.15, rel=0.04)
    # who never creaks is not made to
    assert creak_for([frames], known, 0.0) == creak_for([frames], known, 0.004) == Creak()
    lifted = converted_pitch(f0, known, stats(np.log(110), 0.15))
    assert lifted[was].mean() == pytest.approx(110, rel=0.03)


def test_who_creaks_is_imitated_where_the_melody_is_lowest() -> None:
    at = np.arange(6000)
    melody = np.log(110) + 0.15 * np.sqrt(2) * np.sin(at * 2 * np.pi / 1000)  # phrases of 5 s
    f0 = np.exp(melody)
    f0[at % 1000 == 749] = 0  # a row without pitch, where it is lowest
    source, target = stats(np.log(110), 0.15), replace(stats(np.log(200), 0.15), creak_depth=0.8)
    creak = creak_for([sung(f0[:3000])], source, 0.06)
    is_creaked = creaked(*melody_of(f0.astype(np.float32), source), creak)
    # and two periods on both sides
    assert creak.middle == pytest.approx(-np.sqrt(2), abs=0.05)
    assert is_creaked.sum() == pytest.approx(0.06 * 6000 + 6 * 8, rel=0.1)
    assert set(at[is_creaked] % 1000) <= set(range(700, 800))
    made = converted_pitch(f0.astype(np.float32), source, target, creak=creak)
    plain = converted_pitch(f0.astype(np.float32), source, target)
    low, melody = np.log(made[is_creaked]), np.log(plain[is_creaked])
    assert low.mean() == pytest.approx(np.log(200) - target.creak_depth, abs=0.01)
    np.testing.assert_allclose(low - low.mean(), melody - melody.mean(), atol=1e-5)
    np.testing.assert_array_equal(made[~is_creaked], plain[~is_creaked])
    # neither is a melody that is low for a moment, nor one that lasts no longer
    f0 = np.full(3000, 110.0)
    f0[1000:1005] = 75
    f0[1500:2000] = 0
    f0[1700:1706] = 75
    assert not creaked(*melody_of(f0.astype(np.float32), source), Creak(below=-0.7)).any()


def test_a_melody_that_glides_down_does_not_jump() -> None:
    """Of somebody who is taken for a higher speaker than it is, all is low."""
    glide = np.exp(np.linspace(np.log(210), np.log(90), 600)).astype(np.float32)
    made = converted_pitch(glide, stats(np.log(200), 0.2), stats(np.log(110), 0.15))
    assert np.abs(np.diff(np.log(made))).max() < 0.01


def test_what_is_heard_beside_a_pause_is_not_creaked_for_what_is_before_it() -> None:
    f0 = np.full(300, 110.0, np.float32)
    f0[100:140] = 80
    f0[140:142] = 0
    is_creaked = creaked(*melody_of(f0, stats(np.log(110), 0.15)), Creak(below=-1.2))
    assert is_creaked[110:140].all()
    assert not is_creaked[140:].any()
    assert not creaked(*melody_of(f0[:0], stats(np.log(110), 0.15)), Creak(below=-1.2)).any()


def test_neighbours_are_those_of_a_loop() -> None:
    random = np.random.default_rng(1)
    asked, known = random.normal(size=(1500, 4)).astype("f4"), random.normal(size=(60, 4)).astype("f4")
    values = random.normal(size=(60, 3)).astype("f4")
    slow = [int(np.argmin([np.sum((a - k) ** 2) for k in known])) for a in asked]
    assert nearest(asked, known).tolist() == slow
    back = [int(np.argmin([np.sum((a - k) ** 2) for a in asked])) for k in known]
    expected = [
        np.mean([values[slow[i]], *(values[j] for j in range(60) if back[j] == i)], axis=0)
        for i in range(1500)
    ]
    np.testing.assert_allclose(matched(asked, known, values), expected, atol=1e-5)


def test_of_very_many_rows_some_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "_MOST_KNOWN", 25)
    random = np.random.default_rng(1)
    asked, known = random.normal(size=(40, 4)).astype("f4"), random.normal(size=(60, 4)).astype("f4")
    values = random.normal(size=(60, 3)).astype("f4")
    some = matched(asked, known, values)
    monkeypatch.undo()
    np.testing.assert_array_equal(some, matched(asked, known[::3], values[::3]))


def test_what_speech_is_and_what_is_none() -> None:
    def measured(sound: np.ndarray):
        return quality_of(sound, WorldVocoder().analyse(sound))

    random = np.random.default_rng(2)
    said = speech(HIGH, 4.0, seed=5, rate_hz=RATE_HZ)
    clean = measured(said)
    assert clean.is_speech
    assert clean.noise_db > 30
    assert 2.0 < clean.speech_s < 4.1
    noisy = measured((said + 0.05 * random.normal(size=len(said))).astype(np.float32))
    assert noisy.noise_db < 15
    at = np.arange(4 * RATE_HZ) / RATE_HZ
    chords = [
        sum(np.sin(2 * np.pi * f * k * at) / k for f in notes for k in (1, 2, 3))
        for notes in ((220, 277.2, 329.6), (196, 246.9, 293.7))
    ]
    music = np.where((at // 1).astype(int) % 2 == 0, *chords).astype(np.float32) * 0.1
    assert not measured(music).is_speech
    assert not measured(random.normal(0, 0.1, 4 * RATE_HZ).astype(np.float32)).is_speech
    assert not measured(np.zeros(RATE_HZ, np.float32)).is_speech


def test_levels_and_activity() -> None:
    sound = np.concatenate([np.full(RATE_HZ, 0.1), np.full(RATE_HZ, 1e-4)]).astype(np.float32)
    levels = levels_db(sound)
    assert abs(levels[100] + 20) < 0.1
    assert abs(levels[300] + 80) < 0.1
    loud, noise_db = active(levels)
    assert loud[:195].all()
    assert not loud[210:].any()
    assert abs(noise_db - 60) < 1


def test_a_long_recording_says_itself_what_it_is_like() -> None:
    frames = WorldVocoder().analyse(speech(LOW, 3.0, seed=7, rate_hz=RATE_HZ))
    own = speaker_stats([frames])
    known = replace(own, mean=own.mean + 1, log_f0_mean=own.log_f0_mean + own.log_f0_std)
    short = stats_of_recording(own, 100, known)
    long = stats_of_recording(own, 10_000_000, known)
    assert abs(long.log_f0_mean - own.log_f0_mean) < 0.01
    assert short.log_f0_mean - own.log_f0_mean > 0.9 * own.log_f0_std
    # what is so much lower is somebody else
    higher = replace(known, log_f0_mean=own.log_f0_mean + 2 * own.log_f0_std)
    assert stats_of_recording(own, 100, higher).log_f0_mean == pytest.approx(own.log_f0_mean)
    np.testing.assert_allclose(long.std, own.std, rtol=0.05, atol=0.02)
    # a sentence that is said a little higher stays higher than the speaker usually is
    lower = replace(own, log_f0_mean=own.log_f0_mean - 0.2 * own.log_f0_std)
    mixed = stats_of_recording(own, 10_000_000, lower)
    assert mixed.log_f0_mean - own.log_f0_mean == pytest.approx(-0.192 * own.log_f0_std, rel=0.01)
    # how wide its melody is says the recording all the same
    wide = replace(own, log_f0_std=2 * own.log_f0_std)
    assert stats_of_recording(own, 10_000_000, wide).log_f0_std == pytest.approx(own.log_f0_std, rel=0.01)
