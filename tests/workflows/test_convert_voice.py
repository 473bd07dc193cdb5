"""A conversion whose sound is said in another voice: in step with the picture, agreed to, marked and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import understudy
from made_speech import LOW, speech
from made_voices import untrained_model
from understudy.core.errors import ConsentError, UnderstudyError
from understudy.core.identity_folder import FOLDER_VARIABLE
from understudy.media.info import OtherSound
from understudy.media.probe import packets_digest
from understudy.media.reader import VideoReader
from understudy.media.sound import SoundReader
from understudy.media.sound_writer import write_sound
from understudy.media.writer import VideoWriter
from understudy.provenance.read import read_manifest
from understudy.provenance.said import said_in
from understudy.provenance.watermark_binding import SOUND_ALGORITHM
from understudy.speech.frames import RATE_HZ
from understudy.workflows.consent_choice import parsed_consent
from understudy.workflows.identities import AddConfig, add
from understudy.workflows.voice_chosen import ChosenVoice

LATE_S = Fraction(1, 4)


@pytest.fixture(autouse=True)
def _records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Faces may be used, voices not yet."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "identities"))
    for name in ("source", "target"):
        add(AddConfig(name=name, given=parsed_consent("rendered"), uses=("face",)))


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained_model(tmp_path_factory.mktemp("voice") / "v")


def with_sound(clip: Path, out: Path, sound: np.ndarray, late_s: Fraction = LATE_S) -> Path:
    """A clip of a few frames with sound that begins later than the picture."""
    track = out.with_suffix(".m4a")
    write_sound(track, [sound.astype(np.float32)], RATE_HZ)
    with VideoReader(clip) as reader:
        info = replace(reader.info, sound=OtherSound(path=track, start_s=late_s))
        with VideoWriter(out, like=info) as writer:
            for frame in reader:
                if frame.index < 6:
                    writer.write(frame)
    track.unlink()
    return out


@pytest.fixture(scope="module")
def talking(clips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    sound = speech(LOW, 2.5, seed=5, rate_hz=RATE_HZ)
    return with_sound(clips["target"], tmp_path_factory.mktemp("talking") / "talk.mp4", sound)


def levels(path: Path) -> np.ndarray:
    """Level each ms on the file's own clock."""
    reader = SoundReader(path=path, rate_hz=RATE_HZ, is_timed=True)
    sound = np.concatenate(list(reader))
    sound = np.pad(sound, (round(reader.start_s * RATE_HZ), 0)).astype(np.float64)
    step = RATE_HZ // 1000
    power = np.convolve(sound**2, np.hanning(10 * step), "same")[::step]
    return np.log10(np.maximum(power / power.max(), 1e-4))


def later_ms(path: Path, than: Path) -> int:
    one, other = levels(path), levels(than)
    count = min(len(one), len(other))
    r = {
        lag: np.corrcoef(one[150 + lag : count - 150 + lag], other[150 : count - 150])[0, 1]
        for lag in range(-150, 151)
    }
    return max(r, key=lambda lag: r[lag])


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_it_is_in_step_and_says_what_it_is(
    talking: Path, model: Path, voice: Path, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"out{suffix}"
    result = understudy.convert(talking, model, out, voice=voice, voice_consent="rendered")
    assert result.frames == 6
    assert abs(later_ms(out, talking)) <= 3
    assert packets_digest(out) != packets_digest(talking)
    said = understudy.verify(out)
    assert (said.verdict, said.is_synthetic) == ("intact", True)
    assert said.done == "a face was replaced; speech was said in another voice"
    assert {one["identity"] for one in said.consent} == {"Anna", "source"}
    titles = {one["title"] for one in said.made_from}
    assert {"talk.mp4", "voice of Anna", "model v"} <= titles


def test_several_processes_give_it_the_same_sound(
    talking: Path, model: Path, voice: Path, tmp_path: Path
) -> None:
    alone, shared = tmp_path / "alone.mkv", tmp_path / "shared.mkv"
    understudy.convert(talking, model, alone, voice=voice, voice_as="Bo", voice_consent="rendered")
    understudy.convert(talking, model, shared, voice=voice, voice_as="Bo", jobs=2)
    assert packets_digest(alone) == packets_digest(shared)
    assert {one["title"] for one in understudy.verify(shared).made_from} >= {"voice of Bo"}


def test_the_voice_is_marked_and_found(
    clips: dict[str, Path], model: Path, voice: Path, tmp_path: Path
) -> None:
    target = with_sound(clips["target"], tmp_path / "long.mp4", speech(LOW, 14, seed=1, rate_hz=RATE_HZ))
    for out, is_marked in ((tmp_path / "with.mp4", True), (tmp_path / "without.mp4", False)):
        understudy.convert(target, model, out, voice=voice, voice_consent="rendered", watermark=is_marked)
        found = understudy.verify(out, watermark=True).sound_watermark
        assert found is not None
        assert found.found is is_marked
        with out.open("rb") as content:
            named = said_in(read_manifest(content, media_type="video/mp4").active).marks
        assert (SOUND_ALGORITHM in named) is is_marked


def test_the_voice_is_a_permission_of_its_own(
    talking: Path, model: Path, voice: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConsentError, match="no record that the voice of Anna"):
        understudy.convert(talking, model, tmp_path / "o.mp4", voice=voice)
    add(AddConfig(name="Anna", given=parsed_consent("rendered"), uses=("face",)))
    with pytest.raises(ConsentError, match="--for face --for voice --replace"):
        understudy.convert(talking, model, tmp_path / "o.mp4", voice=voice)
    assert list(tmp_path.glob("o.mp4*")) == []


def test_a_name_is_found_whatever_the_case_of_its_letters(voice: Path) -> None:
    assert ChosenVoice.of(voice, None, ["dora", "bo"]).entry.name == "Bo"
    assert ChosenVoice.of(voice, None, ["dora"]).entry.name == "Anna"


def _tracks(source: Path, out: Path, layout: str, count: int) -> Path:
    """The same picture with so many tracks of so many channels."""
    with av.open(str(source)) as before, av.open(str(out), "w") as after:
        video = after.add_stream_from_template(before.streams.video[0])
        tracks = [after.add_stream("flac", rate=RATE_HZ, layout=layout) for _ in range(count)]
        tracks[0].metadata["language"] = "gle"
        for packet in before.demux(before.streams.video[0]):
            if packet.size:
                packet.stream = video
                after.mux(packet)
        channels = {"stereo": 2, "5.1": 6, "7.1": 8}[layout]
        sound = np.round(20_000 * speech(LOW, 2.0, seed=5, rate_hz=RATE_HZ)).astype(np.int16)
        for track in tracks:
            frame = av.AudioFrame.from_ndarray(np.repeat(sound, channels)[None], format="s16", layout=layout)
            frame.sample_rate = RATE_HZ
            frame.pts = 0
            after.mux(track.encode(frame))
            after.mux(track.encode(None))
    return out


@pytest.mark.parametrize(
    ("layout", "count", "said"),
    [
        ("stereo", 2, ["has 2 sound tracks: the first is said"]),
        ("5.1", 1, ["the 6 channels of"]),
        ("7.1", 1, ["the 8 channels of"]),
    ],
)
def test_many_tracks_and_channels_become_one_voice(
    talking: Path, model: Path, voice: Path, tmp_path: Path, layout: str, count: int, said: Sequence[str]
) -> None:
    target = _tracks(talking, tmp_path / "target.mkv", layout, count)
    out = tmp_path / "out.mp4"
    result = understudy.convert(target, model, out, voice=voice, voice_consent="rendered")
    with av.open(str(out)) as container:
        (sound,) = container.streams.audio
        assert (sound.channels, sound.metadata["language"]) == (1, "gle")
    assert abs(later_ms(out, target)) <= 3
    assert all(any(part in one for one in result.warnings) for part in said)


def test_what_cannot_be_said_is_one_line_and_found_first(
    clips: dict[str, Path], talking: Path, model: Path, voice: Path, tmp_path: Path
) -> None:
    silent = with_sound(clips["target"], tmp_path / "silent.mp4", np.zeros(2 * RATE_HZ))
    given = {"voice": voice, "voice_consent": "rendered"}
    for target, out, more, why in (
        (clips["target"], "o.mp4", given, "has no sound: leave --voice out"),
        (silent, "o.mp4", given, r"nobody speaks in .*silent\.mp4: leave --voice out"),
        (talking, "f/%03d.png", given, "has no sound to be said"),
        (talking, "o.mp4", given | {"voice": tmp_path}, "no voice model"),
        (talking, "o.mp4", given | {"voice_as": "Ann"}, "no voice 'Ann'"),
        (talking, "o.mp4", {"voice_as": "Anna"}, "give --voice MODEL"),
    ):
        with pytest.raises(UnderstudyError, match=why):
            understudy.convert(target, model, tmp_path / out, **more)
    with pytest.raises(UnderstudyError, match="no sound"):
        understudy.swap(clips["source"], clips["target"], tmp_path / "s.mp4", **given)
    assert not (tmp_path / "s.mp4.production").exists()


def test_sound_with_gaps_keeps_its_times(tmp_path: Path) -> None:
    path, block = tmp_path / "gaps.mkv", np.full(RATE_HZ // 10, 9000, np.int16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        for number in (0, 1, 5, 6):
            frame = av.AudioFrame.from_ndarray(block[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE_HZ, number * len(block)
            container.mux(stream.encode(frame))
    timed = np.concatenate(list(SoundReader(path=path, rate_hz=RATE_HZ, is_timed=True)))
    assert len(timed) == pytest.approx(0.7 * RATE_HZ, abs=5)
    assert np.abs(timed[round(0.25 * RATE_HZ) : round(0.45 * RATE_HZ)]).max() == 0
    assert np.abs(timed[round(0.55 * RATE_HZ) :]).min() > 0.2
    plain = np.concatenate(list(SoundReader(path=path, rate_hz=RATE_HZ)))
    assert len(plain) == pytest.approx(0.4 * RATE_HZ, abs=5)


def _tone_at(path: Path, times: Sequence[int], length: int) -> np.ndarray:
    """Write a tone, a frame at each of some times in samples; what is in the frames."""
    tone = np.round(9000 * np.sin(np.arange(len(times) * length) / 7)).astype(np.int16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        for number, time in enumerate(times):
            part = tone[number * length : (number + 1) * length]
            frame = av.AudioFrame.from_ndarray(part[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE_HZ, time
            container.mux(stream.encode(frame))
    return tone / np.float32(32768)


def test_a_long_gap_is_never_held_at_once(tmp_path: Path) -> None:
    length = RATE_HZ // 10
    _tone_at(tmp_path / "gap.mkv", [0, 1800 * RATE_HZ], length)
    blocks = [len(one) for one in SoundReader(path=tmp_path / "gap.mkv", rate_hz=RATE_HZ, is_timed=True)]
    assert sum(blocks) == 1800 * RATE_HZ + length
    assert max(blocks) <= 10 * RATE_HZ


def test_times_that_tremble_tear_no_holes(tmp_path: Path) -> None:
    length, off = RATE_HZ // 20, RATE_HZ // 80
    times = [number * length + off * (number % 3 == 1) for number in range(12)]
    tone = _tone_at(tmp_path / "t.mkv", times, length)
    reader = SoundReader(path=tmp_path / "t.mkv", rate_hz=RATE_HZ, is_timed=True)
    assert np.abs(np.concatenate(list(reader)) - tone).max() < 1e-3
    assert reader.warnings == []


def test_sound_whose_times_go_back_is_left_out_and_told(tmp_path: Path) -> None:
    one, twice = tmp_path / "one.ts", tmp_path / "twice.ts"
    with av.open(str(one), "w") as container:
        stream = container.add_stream("mp2", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.full((1, RATE_HZ), 900, np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE_HZ, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    twice.write_bytes(2 * one.read_bytes())
    reader = SoundReader(path=twice, rate_hz=RATE_HZ, is_timed=True)
    assert sum(map(len, reader)) == pytest.approx(RATE_HZ, abs=0.1 * RATE_HZ)
    assert any("go back: 1.0 s are left out" in one for one in reader.warnings)
