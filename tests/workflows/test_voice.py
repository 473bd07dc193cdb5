"""Voice models trained and used as the commands do it, and what bad input gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import understudy
from made_speech import HIGH, LOW, speech, write_wav
from made_voices import untrained_model
from understudy.core.errors import ConfigError, ConsentError, MediaError, ModelError, UnderstudyError
from understudy.core.events import Notice, Progress
from understudy.core.identity_folder import FOLDER_VARIABLE
from understudy.media.sound import read_sound
from understudy.speech.frames import RATE_HZ
from understudy.speech.voice_model import holds_voice, load_voice
from understudy.workflows.voice_finished import doubts_about


@pytest.fixture(autouse=True)
def records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Records of this test alone."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "identities"))
    return tmp_path / "identities"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained_model(tmp_path_factory.mktemp("voice") / "m")


@pytest.fixture(scope="module")
def bo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("speech") / "bo.wav", speech(LOW, 3.0, seed=4))


def test_two_folders_become_a_model_that_speaks(tmp_path: Path, records: Path) -> None:
    anna, bo = tmp_path / "anna", tmp_path / "bo"
    for folder, speaker in ((anna, HIGH), (bo, LOW)):
        write_wav(folder / "a.wav", speech(speaker, 13.0, seed=1))
        write_wav(folder / "more/b.wav", speech(speaker, 13.0, seed=2))
    (anna / "notes.txt").write_text("no sound")
    heard: list[object] = []
    result = understudy.voice_train(
        anna, bo, tmp_path / "m", steps=3, consent="rendered", on_event=heard.append
    )
    assert result.speakers == ["anna", "bo"]
    assert result.steps == 3
    assert all(20 < seconds < 27 for seconds in result.speech_s.values())
    assert any("only" in warning for warning in result.warnings)
    assert f"off by {result.own_db:.1f} dB" in result.warnings[-1]
    assert any(isinstance(event, Progress) and event.stage == "train" for event in heard)
    index = load_voice(tmp_path / "m").index
    assert index.speakers[0].consent is not None
    assert index.speakers[0].consent.kind == "rendered"
    assert index.speakers[1].consent is None
    with pytest.raises(ModelError, match="already"):
        understudy.voice_train(anna, bo, tmp_path / "m", steps=4)
    # what was killed just behind its save is asked for again
    kept, heard[:] = (tmp_path / "m/voice.json").read_bytes(), []
    again = understudy.voice_train(anna, bo, tmp_path / "m", steps=3, on_event=heard.append)
    assert (again.speech_s, again.noise_db) == (result.speech_s, result.noise_db)
    assert (again.steps, again.own_db, again.matched_db) == (3, result.own_db, result.matched_db)
    assert again.warnings == result.warnings[-1:]
    assert again.warnings[0] in [event.message for event in heard if isinstance(event, Notice)]
    assert doubts_about(3.0) == []
    assert not any(isinstance(event, Progress) for event in heard)
    assert (tmp_path / "m/voice.json").read_bytes() == kept
    out = understudy.voice_convert(bo / "a.wav", tmp_path / "m", tmp_path / "o.wav")
    assert out.speaker == "anna"
    # the target's voice needs a record, too, once it is the one put in
    with pytest.raises(ConsentError, match="voice of bo"):
        understudy.voice_convert(anna / "a.wav", tmp_path / "m", tmp_path / "p.wav", as_name="bo")
    assert not (tmp_path / "p.wav").exists()


def test_nothing_is_trained_without_consent(tmp_path: Path, bo: Path) -> None:
    with pytest.raises(ConsentError, match="voice of Anna"):
        understudy.voice_train(bo, bo, tmp_path / "m", source_name="Anna", steps=3)
    assert not holds_voice(tmp_path / "m")


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".m4a"])
def test_what_is_written_is_as_long_and_signed(tmp_path: Path, model: Path, bo: Path, suffix: str) -> None:
    out = tmp_path / f"o{suffix}"
    result = understudy.voice_convert(bo, model, out, as_name="Anna", consent="rendered")
    sound, reader = read_sound(out, RATE_HZ)
    assert reader.own_rate_hz == RATE_HZ
    before = read_sound(bo, RATE_HZ)[0]
    assert abs(len(sound) - len(before)) < 0.15 * RATE_HZ
    assert result.length_s == pytest.approx(len(before) / RATE_HZ, abs=0.01)
    assert abs(20 * np.log10(sound.std() / before.std())) < 2.5
    said = understudy.verify(out)
    assert (said.verdict, said.place) == ("intact", "inside")
    assert said.is_synthetic
    assert said.consent[0]["identity"] == "Anna"
    assert "bo.wav" in {one["title"] for one in said.made_from}
    data = bytearray(out.read_bytes())
    data[len(data) * 2 // 3] ^= 1
    out.write_bytes(data)
    assert understudy.verify(out).verdict != "intact"


def test_speech_is_marked_as_the_manifest_says(tmp_path: Path, model: Path, bo: Path) -> None:
    said = tmp_path / "long.wav"
    write_wav(said, np.concatenate([speech(HIGH, 30, seed) for seed in range(2)]))
    for name, is_marked in (("with.wav", True), ("without.wav", False)):
        understudy.voice_convert(said, model, tmp_path / name, watermark=is_marked, consent="rendered")
        verdict = understudy.verify(tmp_path / name, watermark=True)
        mark = verdict.watermark
        assert mark is not None
        assert (verdict.verdict, verdict.settings["watermark"], mark.found) == (
            "intact",
            is_marked,
            is_marked,
        )
        assert mark.agrees is (True if is_marked else None)


def test_pitch_is_moved(tmp_path: Path, model: Path, bo: Path) -> None:
    from understudy.speech.world import WorldVocoder

    middles = []
    for semitones in (0, 5):
        understudy.voice_convert(
            bo, model, tmp_path / f"{semitones}.wav", pitch=semitones, consent="rendered"
        )
        frames = WorldVocoder(careful=False).analyse(read_sound(tmp_path / f"{semitones}.wav", RATE_HZ)[0])
        middles.append(np.median(frames.f0_hz[frames.is_voiced]))
    assert 12 * np.log2(middles[1] / middles[0]) == pytest.approx(5, abs=0.7)


def test_consent_is_of_the_voice(tmp_path: Path, model: Path, bo: Path) -> None:
    from understudy.workflows.consent_choice import parsed_consent
    from understudy.workflows.identities import AddConfig, add

    with pytest.raises(ConsentError, match="voice of Anna"):
        understudy.voice_convert(bo, model, tmp_path / "o.wav")
    add(AddConfig(name="Anna", given=parsed_consent("rendered"), uses=("face",)))
    with pytest.raises(ConsentError, match="not for voice"):
        understudy.voice_convert(bo, model, tmp_path / "o.wav")
    assert list(tmp_path.glob("*.wav")) == []


def _bad_inputs() -> dict[str, tuple[np.ndarray, int, int]]:
    said = speech(LOW, 3.0, seed=8)
    at = np.arange(3 * 16_000) / 16_000
    chord = sum(np.sin(2 * np.pi * f * at) for f in (220.0, 277.2, 329.6))
    return {
        "3_seconds": (said, 16_000, 1),
        "8_kHz": (speech(LOW, 3.0, seed=8, rate_hz=8_000), 8_000, 1),
        "7.1": (said, 16_000, 8),
        "clipped": (np.clip(20 * said, -1, 1), 16_000, 1),
        "very_short": (said[:4000], 16_000, 1),
        "silence": (np.zeros(48_000), 16_000, 1),
        "nothing": (np.zeros(0), 16_000, 1),
        "one_sample": (np.ones(1), 16_000, 1),
        "constant": (np.full(48_000, 0.7), 16_000, 1),
        "noise": (np.random.default_rng(0).normal(0, 0.1, 48_000), 16_000, 1),
        "music": (0.1 * chord, 16_000, 1),
    }


_GOOD = {"3_seconds", "8_kHz", "7.1", "clipped", "very_short"}
_REFUSED = {"silence", "nothing", "one_sample", "constant", "music", "noise"}


@pytest.mark.parametrize("kind", _bad_inputs())
def test_bad_speech_gives_a_good_result_or_one_line(tmp_path: Path, model: Path, kind: str) -> None:
    sound, rate_hz, channels = _bad_inputs()[kind]
    path = write_wav(tmp_path / "in.wav", sound, rate_hz, channels)
    out = tmp_path / "o.wav"
    if kind in _REFUSED:
        with pytest.raises(UnderstudyError) as error:
            understudy.voice_convert(path, model, out, consent="rendered")
        assert "\n" not in str(error.value)
        assert error.value.next_step
        assert not out.exists()
        return
    result = understudy.voice_convert(path, model, out, consent="rendered")
    made = read_sound(out, RATE_HZ)[0]
    assert np.isfinite(made).all()
    assert len(made) == pytest.approx(len(sound) / rate_hz * RATE_HZ, abs=10)
    expected = {"clipped": "is clipped", "8_kHz": "8000 Hz"}
    assert kind in _GOOD or kind in expected
    assert kind not in expected or any(expected[kind] in one for one in result.warnings)


def test_what_breaks_off_is_converted_up_to_there(tmp_path: Path, model: Path, bo: Path) -> None:
    path = tmp_path / "in.wav"
    path.write_bytes(bo.read_bytes()[: 44 + 2 * 32_000])
    result = understudy.voice_convert(path, model, tmp_path / "o.wav", consent="rendered")
    assert result.length_s == pytest.approx(2.0, abs=0.01)
    assert sum("breaks off after 2.0 s" in one for one in result.warnings) == 1


def test_what_no_voice_can_be_learnt_from(tmp_path: Path, bo: Path) -> None:
    random = np.random.default_rng(0)
    good = write_wav(tmp_path / "good.wav", speech(LOW, 5.0, seed=6))
    silence = write_wav(tmp_path / "silence.wav", np.zeros(48_000))
    noise = write_wav(tmp_path / "noise.wav", random.normal(0, 0.1, 48_000))
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    (tmp_path / "empty").mkdir()
    for path, said in (
        (bo, "20 s are needed"),
        (silence, "nobody speaks"),
        (noise, "nobody speaks"),
        (text, "cannot be read as sound"),
        ((text, tmp_path / "empty" / ".." / "text.wav"), "cannot be read as sound"),
        (tmp_path / "empty", "no sound files"),
        (tmp_path / "none.wav", "does not exist"),
    ):
        with pytest.raises(MediaError, match=said) as error:
            understudy.voice_train(path, good, tmp_path / "m", source_name="Anna", consent="rendered")
        assert "\n" not in str(error.value)
        assert error.value.next_step
    assert not (tmp_path / "m").exists()


def test_wrong_settings_are_found_before_the_work(tmp_path: Path, model: Path, bo: Path) -> None:
    with pytest.raises(ConfigError, match="no voice 'Anne'"):
        understudy.voice_convert(bo, model, tmp_path / "o.wav", as_name="Anne", consent="rendered")
    with pytest.raises(ConfigError, match="semitones"):
        understudy.voice_convert(bo, model, tmp_path / "o.wav", pitch=99, consent="rendered")
    with pytest.raises(MediaError, match=r"o\.ogg"):
        understudy.voice_convert(bo, model, tmp_path / "o.ogg", consent="rendered")
    with pytest.raises(ModelError, match="no voice model"):
        understudy.voice_convert(bo, tmp_path, tmp_path / "o.wav", consent="rendered")
    with pytest.raises(ConfigError, match="both speakers are called bo"):
        understudy.voice_train(bo, bo, tmp_path / "m", consent="rendered")
    with pytest.raises(ConfigError, match="both speakers are called BO"):
        understudy.voice_train(bo, bo, tmp_path / "m", source_name="BO", consent="rendered")
    with pytest.raises(ConfigError, match="not positive"):
        understudy.voice_train(bo, bo, tmp_path / "m", source_name="Anna", steps=0)


def test_an_output_that_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path, model: Path, bo: Path
) -> None:
    out = tmp_path / f"{'o' * 240}.wav"
    heard: list[object] = []
    with pytest.raises(UnderstudyError, match="too long") as refused:
        understudy.voice_convert(bo, model, out, as_name="Anna", consent="rendered", on_event=heard.append)
    assert refused.value.next_step == "choose a shorter name"
    assert not any(isinstance(event, Progress) for event in heard)


def test_recordings_are_looked_for_before_any_is_listened_to(tmp_path: Path, bo: Path, records: Path) -> None:
    heard: list[object] = []
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "b.wav").symlink_to(bo)
    for target, why in (
        (tmp_path / "none", "none does not exist"),
        (bo, r"bo\.wav is given as speech of both speakers: give"),
        (tmp_path / "all", r"bo\.wav is given as speech of both speakers: give"),
    ):
        with pytest.raises(UnderstudyError, match=why):
            understudy.voice_train(
                bo, target, tmp_path / "m", target_name="X", consent="rendered", on_event=heard.append
            )
    assert not heard
    assert not (tmp_path / "m").exists()


def test_the_speech_itself_is_not_written_over(model: Path, bo: Path, records: Path) -> None:
    before = bo.read_bytes()
    with pytest.raises(UnderstudyError, match="would be overwritten"):
        understudy.voice_convert(bo, model, bo, as_name="Anna", consent="rendered")
    assert bo.read_bytes() == before
