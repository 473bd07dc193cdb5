"""Speech taken apart and made again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import pyworld

from made_speech import HIGH, LOW, speech
from understudy.speech import world
from understudy.speech.frames import HOP_S, RATE_HZ, SpeechFrames
from understudy.speech.speaker import holds_speech
from understudy.speech.world import WorldVocoder, rows_of


@pytest.fixture(scope="module")
def said() -> np.ndarray:
    return speech(LOW, 3.0, seed=3, rate_hz=RATE_HZ)


@pytest.fixture(scope="module")
def frames(said: np.ndarray) -> SpeechFrames:
    return WorldVocoder().analyse(said)


def test_rows_and_pitch(said: np.ndarray, frames: SpeechFrames) -> None:
    assert len(frames) == rows_of(len(said)) == int(len(said) / RATE_HZ / HOP_S) + 1
    voiced = frames.f0_hz[frames.is_voiced]
    assert 0.3 < frames.is_voiced.mean() < 0.98
    assert abs(np.median(voiced) / LOW.f0_hz - 1) < 0.15
    assert np.percentile(voiced, 99) < 1.7 * LOW.f0_hz


def test_made_again_it_is_the_same(said: np.ndarray, frames: SpeechFrames) -> None:
    made = WorldVocoder().synthesise(frames, len(said))
    assert made.shape == said.shape
    again = WorldVocoder().analyse(made)
    voiced = frames.is_voiced & again.is_voiced
    assert voiced.sum() > 0.9 * frames.is_voiced.sum()
    assert np.median(np.abs(np.log(again.f0_hz[voiced] / frames.f0_hz[voiced]))) < 0.01
    distance = np.sqrt(2 * np.square(again.cepstrum - frames.cepstrum)[:, 1:25].sum(1))
    # in pauses Harvest goes on with pitch for a while: what is analysed there is nothing
    distance = distance[voiced & holds_speech(frames)]
    assert 10 / np.log(10) * distance.mean() < 2.5  # dB; two speakers are some 8 apart
    power = np.sqrt(np.mean(said**2)), np.sqrt(np.mean(made**2))
    assert abs(20 * np.log10(power[1] / power[0])) < 1.0


@pytest.mark.parametrize(
    ("f0_hz", "low_hz", "faster"), [(78.0, 55.0, 2.0), (110.0, 80.0, 4 / 3), (110.0, 50.0, 4 / 3)]
)
def test_pitch_is_the_same_in_sound_that_is_said_to_be_faster(
    f0_hz: float, low_hz: float, faster: float
) -> None:
    """Oracle: Harvest in the sound as it is."""
    sound = speech(replace(LOW, f0_hz=f0_hz), 3.0, seed=3, rate_hz=RATE_HZ).astype(np.float64)
    rates: list[int] = []

    def heard(sound: np.ndarray, rate_hz: int, **given: float) -> object:
        rates.append(rate_hz)
        return harvest(sound, rate_hz, **given)

    harvest = pyworld.harvest
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyworld, "harvest", heard)
        found = world._harvest(sound, low_hz, 220.0, rows_of(len(sound)))
    assert rates == [round(faster * RATE_HZ)]
    real = harvest(sound, RATE_HZ, f0_floor=low_hz, f0_ceil=220.0, frame_period=1000 * HOP_S)[0][: len(found)]
    both = (found > 0) & (real > 0)
    assert ((found > 0) == (real > 0)).mean() > 0.8  # of pauses each makes something else
    assert np.median(np.abs(np.log(found[both] / real[both]))) < 0.003


def test_aperiodicity_between_measured_rows_is_as_measured(
    said: np.ndarray, frames: SpeechFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world, "_NOISE_EVERY", 1)
    every = WorldVocoder().analyse(said)
    both = frames.is_voiced & every.is_voiced
    assert (frames.f0_hz == every.f0_hz)[both].all()
    assert (frames.is_voiced == every.is_voiced).mean() > 0.95
    assert (frames.aperiodicity[~frames.is_voiced] > -1e-3).all()
    apart = np.abs(frames.aperiodicity - every.aperiodicity)[frames.is_voiced]
    assert np.median(apart) < 0.5
    assert (apart[:, 0] < 6.0).mean() > 0.95  # dB


def test_breath_has_no_pitch(said: np.ndarray) -> None:
    breath = np.random.default_rng(4).normal(0, 0.02, 2 * RATE_HZ).astype(np.float32)
    whole = WorldVocoder().analyse(np.concatenate([said, breath]))
    rows = rows_of(len(said))
    assert whole.is_voiced[:rows].mean() > 0.3
    assert whole.is_voiced[rows + 10 :].mean() < 0.01
    # nothing else changes: what is no pitch is said as noise, as before
    assert (whole.aperiodicity[~whole.is_voiced] > -1e-2).all()


def test_a_room_that_rumbles_has_no_pitch() -> None:
    said = np.pad(speech(HIGH, 3.0, seed=3, rate_hz=RATE_HZ), (0, 2 * RATE_HZ))
    hz = np.fft.rfftfreq(len(said), 1 / RATE_HZ)
    noise = np.fft.rfft(np.random.default_rng(1).normal(size=len(said)))
    rumble = np.fft.irfft(np.where((hz > 52) & (hz < 80), noise, 0), len(said))
    rumble *= 0.002 / rumble.std()
    clean, found = (WorldVocoder().analyse((said + more).astype(np.float32)) for more in (0 * rumble, rumble))
    rows = rows_of(3 * RATE_HZ)
    assert found.is_voiced[rows + 10 :].mean() < 0.05
    assert (found.f0_hz[found.is_voiced] > 0.7 * HIGH.f0_hz).mean() > 0.9
    assert (found.is_voiced == clean.is_voiced)[:rows].mean() > 0.9


def test_creak_is_found_however_rare() -> None:
    said = WorldVocoder().analyse(speech(HIGH, 6.0, seed=3, rate_hz=RATE_HZ))
    start = next(i for i in range(300, len(said) - 30) if said.is_voiced[i : i + 30].all())
    f0 = said.f0_hz.copy()
    f0[start : start + 30] /= 2  # 0.15 s of 6 s: far below the range of all else
    creaked = WorldVocoder().synthesise(replace(said, f0_hz=f0), round(6 * RATE_HZ))
    found = WorldVocoder().analyse(creaked).f0_hz
    is_low = (found > 0) & (found < 0.7 * HIGH.f0_hz)
    middle = slice(start + 8, start + 22)
    assert is_low[middle].all()
    assert is_low.sum() <= 34
    np.testing.assert_allclose(found[middle], f0[middle], rtol=0.1)


def test_it_starts_and_ends_without_a_click(frames: SpeechFrames) -> None:
    middle = frames.part(50, 200)
    made = WorldVocoder().synthesise(middle, round(149 * HOP_S * RATE_HZ))
    assert abs(made[0]) < 1e-4
    assert abs(made[-1]) < 1e-4
    assert np.abs(made).max() > 0.05


@pytest.mark.parametrize("samples", [1, 300, 24_000])
def test_silence_of_any_length_stays_silent(samples: int) -> None:
    frames = WorldVocoder().analyse(np.zeros(samples, np.float32))
    assert np.isfinite(frames.cepstrum).all()
    assert np.abs(WorldVocoder().synthesise(frames, samples)).max() < 1e-4
