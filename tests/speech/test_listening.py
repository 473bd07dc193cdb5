"""Recordings taken apart piece by piece, against doing it whole; and those that hold no high sounds."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from made_speech import HIGH, LOW, speech
from made_voices import untrained_model
from understudy.speech import listening
from understudy.speech.bandwidth import bandwidth_hz, continued
from understudy.speech.frames import HOP_S, RATE_HZ, SpeechFrames
from understudy.speech.listening import Listener, levelled, listened, pieces_of
from understudy.speech.loudness import loudness_lufs
from understudy.speech.remembered import RememberingVocoder
from understudy.speech.voice_convert import change_for, spoken
from understudy.speech.voice_model import VoiceModel, load_voice
from understudy.speech.world import WorldVocoder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> VoiceModel:
    return load_voice(untrained_model(tmp_path_factory.mktemp("voice") / "m"))


@pytest.mark.parametrize("seconds", [0.0, 0.2, 2.0, 2.4, 2.6, 7.3])
def test_pieces_are_the_whole(seconds: float) -> None:
    sound = np.arange(round(seconds * RATE_HZ), dtype=np.float32)
    pieces = list(pieces_of(np.array_split(sound, 5), 2.0))
    assert np.array_equal(np.concatenate([np.zeros(0, np.float32), *pieces]), sound)
    assert all(len(one) == 2 * RATE_HZ for one in pieces[:-1])
    assert all(len(one) < 2.5 * RATE_HZ for one in pieces)
    assert not pieces or seconds < 2 or len(pieces[-1]) >= 0.5 * RATE_HZ


def test_pieces_are_brought_to_one_loudness() -> None:
    sound = np.concatenate(
        [0.1 * speech(LOW, 2.0, seed=1, rate_hz=RATE_HZ), 0.5 * speech(LOW, 2.0, seed=2, rate_hz=RATE_HZ)]
    )
    listener = Listener(vocoder=WorldVocoder(careful=False))
    half = len(sound) // 2
    frames, gain = levelled([listener.hear(sound[:half]), listener.hear(sound[half:])])
    assert loudness_lufs(sound * np.float32(gain), RATE_HZ) == pytest.approx(-24.0, abs=0.3)
    whole = WorldVocoder(careful=False).analyse(sound * np.float32(gain))
    for part, start in zip(frames, (0, round(half / RATE_HZ / HOP_S)), strict=True):
        inner = slice(40, len(part) - 40)
        there = whole.part(start, start + len(part))
        loud = there.cepstrum[inner, 0] > np.log(1e-3)
        apart = (part.cepstrum[inner, 0] - there.cepstrum[inner, 0])[loud]
        assert np.median(np.abs(apart)) < 0.02  # 0.2 dB


def test_speech_is_found_wherever_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_LOOK_S", 2.0)
    monkeypatch.setattr(listening, "LEARN_S", 3.0)
    silence = np.zeros(2 * RATE_HZ, np.float32)
    said = speech(HIGH, 2.0, seed=3, rate_hz=RATE_HZ)
    asked: list[int] = []

    def blocks():
        for number, block in enumerate((silence, silence, silence, said, said, said, said)):
            asked.append(number)
            yield block

    heard = listened(blocks(), WorldVocoder(careful=False))
    assert heard is not None
    assert heard.is_speech
    assert 2 <= len(heard.frames) <= 3
    assert asked[-1] < 6  # no more than it takes
    voiced = np.concatenate([one.f0_hz[one.is_voiced] for one in heard.frames])
    assert abs(np.median(voiced) / HIGH.f0_hz - 1) < 0.15
    assert listened([silence, silence], WorldVocoder(careful=False)) is None


class Counted(WorldVocoder):
    """Knows how many samples it took apart."""

    taken = 0

    def analyse(self, sound: np.ndarray, *, up_to_hz: float = RATE_HZ / 2) -> SpeechFrames:
        self.taken += len(sound)
        return super().analyse(sound, up_to_hz=up_to_hz)


def test_a_short_recording_is_taken_apart_once(model: VoiceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    said = 0.3 * speech(LOW, 2.0, seed=3, rate_hz=RATE_HZ)
    quick, careful = Counted(careful=False), Counted()
    vocoder = RememberingVocoder(careful)
    heard = listened(np.array_split(said, 3), quick, short=vocoder)
    assert heard is not None
    change = change_for(model, "Anna", heard)
    made = np.concatenate(list(spoken(np.array_split(said, 5), vocoder, model, change)))
    assert (quick.taken, careful.taken) == (0, len(said))
    again = np.concatenate(list(spoken([said], WorldVocoder(), model, change)))
    np.testing.assert_array_equal(made, again)
    monkeypatch.setattr(listening, "ONE_PIECE_S", 1.0)
    listened([said], quick, short=vocoder)
    assert (quick.taken, careful.taken) == (len(said), len(said))


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050])
def test_a_band_without_sound_is_found_and_left_out(rate_hz: int) -> None:
    full = speech(LOW, 2.0, seed=4, rate_hz=RATE_HZ)
    full = full + 1e-3 * np.random.default_rng(0).normal(size=len(full)).astype(np.float32)
    assert bandwidth_hz(full) == RATE_HZ / 2
    narrow = soxr.resample(soxr.resample(full, RATE_HZ, rate_hz), rate_hz, RATE_HZ)[: len(full)]
    found = bandwidth_hz(narrow)
    assert 0.88 * rate_hz / 2 < found < 1.06 * rate_hz / 2
    # what is above is not that of the empty band: made again, it says the same
    vocoder = WorldVocoder(careful=False)
    frames = vocoder.analyse(narrow, up_to_hz=found)
    again = vocoder.analyse(vocoder.synthesise(frames, len(narrow)), up_to_hz=found)
    voiced = frames.is_voiced & again.is_voiced
    apart = np.sqrt(2 * np.square(again.cepstrum - frames.cepstrum)[voiced, 1:25].sum(1))
    assert 10 / np.log(10) * apart.mean() < 2.5
    assert bandwidth_hz(np.zeros(RATE_HZ, np.float32)) == RATE_HZ / 2


def test_an_envelope_goes_on_falling() -> None:
    envelope = np.full((3, 513), -5.0)
    envelope[:, 400:] = -30.0  # nothing above 9375 Hz
    made = continued(envelope.copy(), 9375.0)
    assert np.array_equal(made[:, :370], envelope[:, :370])
    steps = np.diff(made[:, 385:], axis=1)
    assert (steps < 0).all()
    assert 10 / np.log(10) * (made[0, 400] - made[0, 512]) == pytest.approx(6.0 * 112 * 24 / 1024, rel=0.01)
    assert np.array_equal(continued(envelope.copy(), RATE_HZ / 2), envelope)
