"""Conversion keeps length, level, rhythm; pieces join without a seam."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from made_speech import LOW, speech
from made_voices import some_speech, untrained_model
from understudy.speech import voice_convert
from understudy.speech.frames import HOP_S, RATE_HZ, SpeechFrames
from understudy.speech.listening import Recording
from understudy.speech.voice_convert import change_for, converted, spoken
from understudy.speech.voice_model import StatsEntry, VoiceModel, load_voice
from understudy.speech.world import WorldVocoder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> VoiceModel:
    return load_voice(untrained_model(tmp_path_factory.mktemp("voice") / "m"))


def heard(frames: SpeechFrames, gain: float = 1.0) -> Recording:
    return Recording(frames=[frames], gain=gain, up_to_hz=RATE_HZ / 2, noise_db=40.0, is_speech=True)


def test_level_and_rhythm_stay_and_pitch_moves(model: VoiceModel) -> None:
    frames = some_speech("Bo")
    made = converted(frames, model, change_for(model, "Anna", heard(frames)))
    assert (made.is_voiced == frames.is_voiced).all()
    basis = voice_convert.log_power_from_cepstrum(129, 59)
    power = [np.log(np.exp(one.cepstrum.astype(float) @ basis).mean(1)) for one in (frames, made)]
    assert np.abs(power[0] - power[1]).max() < 0.01
    assert not np.allclose(made.cepstrum[:, 1:], frames.cepstrum[:, 1:], atol=0.1)
    middle = np.exp(np.log(made.f0_hz[made.is_voiced]).mean())
    assert abs(middle / 205 - 1) < 0.12  # Anna's
    assert made.aperiodicity.max() <= 0


def test_a_network_that_learnt_from_little_says_little(model: VoiceModel) -> None:
    frames = some_speech("Bo")
    change = change_for(model, "Anna", heard(frames))
    assert change.plain == pytest.approx(40 / 44)  # of 4 s of speech
    plain = converted(frames, model, replace(change, plain=1.0)).cepstrum[:, 1:]
    net = converted(frames, model, replace(change, plain=0.0)).cepstrum[:, 1:]
    moved = change.source.normal(frames.cepstrum) * change.target.std + change.target.mean
    np.testing.assert_allclose(plain, moved[:, 1:], atol=1e-4)
    some = converted(frames, model, replace(change, plain=0.25)).cepstrum[:, 1:]
    np.testing.assert_allclose(some, 0.25 * plain + 0.75 * net, atol=1e-4)


def test_who_creaks_is_said_with_creak(model: VoiceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = some_speech("Bo")
    place = model.index.names.index("Anna")
    entry = model.index.speakers[place]
    plain = converted(frames, model, change_for(model, "Anna", heard(frames)))
    creaky = replace(entry.stats.stats(), creaked=0.1, creak_depth=0.8)
    monkeypatch.setattr(entry, "stats", StatsEntry.of(creaky))
    made = converted(frames, model, change_for(model, "Anna", heard(frames)))
    is_low = made.f0_hz < 0.9 * plain.f0_hz
    assert 0.05 < is_low.sum() / made.is_voiced.sum() < 0.2
    depth = np.log(made.f0_hz[is_low]).mean() - creaky.log_f0_mean
    assert depth == pytest.approx(-0.8, abs=0.1)
    # that of who speaks does not matter
    monkeypatch.setattr(model.index.speakers[1 - place], "stats", StatsEntry.of(creaky))
    monkeypatch.setattr(entry, "stats", StatsEntry.of(replace(creaky, creaked=0.0)))
    again = converted(frames, model, change_for(model, "Anna", heard(frames)))
    assert (again.f0_hz > 0.6 * plain.f0_hz)[plain.is_voiced].all()


def test_the_nearest_known_speaker_is_the_one_who_speaks(model: VoiceModel) -> None:
    change = change_for(model, "Anna", heard(some_speech("Bo").part(0, 200)))
    assert abs(np.exp(change.source.log_f0_mean) / 110 - 1) < 0.12
    assert change.speaker == 0


class Same:
    """A vocoder that keeps the sound: what comes out must be what went in."""

    def analyse(self, sound: np.ndarray, *, up_to_hz: float = RATE_HZ / 2) -> SpeechFrames:
        self.sound = sound
        count = int(len(sound) / RATE_HZ / HOP_S) + 1
        return SpeechFrames(
            f0_hz=np.full(count, 100, np.float32),
            cepstrum=np.zeros((count, 60), np.float32),
            aperiodicity=np.zeros((count, some_speech("Bo").aperiodicity.shape[1]), np.float32),
        )

    def synthesise(self, frames: SpeechFrames, samples: int) -> np.ndarray:
        assert len(frames) == int(samples / RATE_HZ / HOP_S) + 1
        return self.sound.copy()


@pytest.mark.parametrize("seconds", [0.0, 0.3, 17.0, 18.3, 47.123])
def test_pieces_make_the_whole(model: VoiceModel, seconds: float) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, round(seconds * RATE_HZ)).astype(np.float32)
    blocks = np.array_split(sound, 7)
    change = change_for(model, "Anna", heard(some_speech("Bo"), gain=2.0))
    parts = list(spoken(blocks, Same(), model, change))
    made = np.concatenate(parts) if parts else np.zeros(0)
    assert len(made) == len(sound)
    np.testing.assert_allclose(made, sound, atol=1e-6)


def test_a_seam_is_not_heard(model: VoiceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_convert, "_CUT_FROM_S", 0.8)
    monkeypatch.setattr(voice_convert, "_CUT_UNTIL_S", 1.6)
    sound = speech(LOW, 4.0, seed=2, rate_hz=RATE_HZ)
    change = change_for(model, "Bo", heard(some_speech("Bo")))
    parts = list(spoken([sound], WorldVocoder(careful=False), model, change))
    assert len(parts) >= 3
    made = np.concatenate(parts)
    assert len(made) == len(sound)
    jumps = np.abs(np.diff(made))
    for seam in np.cumsum([len(part) for part in parts])[:-1]:
        assert jumps[seam - 400 : seam + 400].max() <= np.percentile(jumps, 99.9)
