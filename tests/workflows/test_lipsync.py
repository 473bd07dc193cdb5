"""A mouth says something else, all else stays, and one line says where that cannot be."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import understudy
from clips import make_clip
from made_speech import HIGH, LOW, RATE_HZ, Sound, speech, write_wav
from made_talking import FRAME_S, jaw_against, jaw_while, talking
from understudy.core.errors import ConsentError, UnderstudyError
from understudy.core.events import Progress
from understudy.core.identity_folder import FOLDER_VARIABLE
from understudy.faces.finder import FaceFinder
from understudy.faces.openings import all_normalised, expressions_of
from understudy.faces.pose import fit_poses
from understudy.media import parts
from understudy.media.images import write_image
from understudy.media.sound import read_sound
from understudy.provenance.read import read_manifest
from understudy.speech.lips_training import LipsRecording
from understudy.speech.log_mel import BANDS, FLOOR
from understudy.workflows import animate_output, lipsync_learn
from understudy.workflows.lipsync_config import LipsyncResult

from .test_animate import frames_of

SAID_S = 3.3


@pytest.fixture(scope="module", autouse=True)
def _quick() -> object:
    """Learn less, from less."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lipsync_learn, "LEAST_TALKING_S", 3.0)
        quick = replace(lipsync_learn._TRAINING, steps=70, members=1, batch=4)
        patch.setattr(lipsync_learn, "_TRAINING", quick)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lipsync")


@pytest.fixture(scope="module")
def footage(folder: Path) -> Path:
    return talking(folder / "A.mp4", 7.7, seed=4)[0]


@pytest.fixture(scope="module")
def said(folder: Path) -> tuple[Path, Sound]:
    sound = speech(LOW, SAID_S, seed=11)
    return write_wav(folder / "said.wav", sound), sound


@pytest.fixture(scope="module")
def made(footage: Path, said: tuple[Path, Sound], folder: Path) -> LipsyncResult:
    return understudy.lipsync(footage, said[0], folder / "out.mp4", watermark=False, crf=0, label=None)


def gaps_of(path: Path) -> np.ndarray:
    """How far lips are apart in each frame, in distances between the eyes."""
    points = np.stack([faces[0].landmarks_px for _, faces in FaceFinder().stream(frames_of(path))])
    return expressions_of(all_normalised(points, fit_poses(points)))[:, 0]


def test_the_mouth_does_what_the_speech_says(
    made: LipsyncResult, said: tuple[Path, Sound], footage: Path
) -> None:
    found = gaps_of(made.output)
    wanted = jaw_while(said[1], len(found))
    r = {lag: np.corrcoef(np.roll(found, -lag)[3:-3], wanted[3:-3])[0, 1] for lag in range(-3, 4)}
    assert max(r, key=lambda lag: r[lag]) == 0
    assert r[0] > 0.75 > 0.5 > np.corrcoef(gaps_of(footage)[: len(found)], wanted)[0, 1]
    assert made.learnt_r > 0.6
    assert made.learnt_s > 4


def test_sounds_of_somebody_else_move_it_as_they_move_theirs(
    footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lipsync_learn, "_STEPS_OF_TWO", 4)
    clip, _ = talking(tmp_path / "high.mp4", 7.7, seed=6, speaker=HIGH, jaw_of=jaw_against)
    sound = speech(HIGH, SAID_S, seed=13)
    said = write_wav(tmp_path / "said.wav", sound)
    given = {"watermark": False, "crf": 0, "learn_speaker": [clip]}
    result = understudy.lipsync(footage, said, tmp_path / "out.mp4", **given)
    found = gaps_of(result.output)
    r = {jaw: np.corrcoef(found, jaw(sound, len(found)))[0, 1] for jaw in (jaw_while, jaw_against)}
    assert r[jaw_against] > 0.35  # without the speaker's clip -0.15
    assert r[jaw_against] > r[jaw_while] + 0.15
    assert result.learnt_s > 8
    with result.output.open("rb") as content:
        assert "high.mp4" in json.dumps(read_manifest(content, media_type="video/mp4").active, default=str)


def test_all_but_the_mouth_keeps_its_bits(made: LipsyncResult, footage: Path) -> None:
    before, after = frames_of(footage), frames_of(made.output)
    y, x = np.mgrid[:384, :384]
    moved = 0
    for (_, faces), a, b in zip(FaceFinder().stream(before), before, after, strict=False):
        points = faces[0].landmarks_px[:, :2]
        apart = np.abs(a.image.astype(int) - b.image).max(axis=-1)
        nose, chin = points[2], points[152]
        reach = 1.7 * np.linalg.norm(chin - nose)
        assert apart[y < nose[1] - 3].max() == 0
        assert apart[np.hypot(x - nose[0], y - chin[1]) > reach].max() == 0
        moved += apart.max() > 40
    assert moved > 20


def test_it_is_as_long_as_the_speech_and_sounds_like_it(
    made: LipsyncResult, said: tuple[Path, Sound]
) -> None:
    frames = frames_of(made.output)
    assert made.frames == made.animated == len(frames) == int(np.ceil(SAID_S / float(FRAME_S)))
    assert [frame.time_s for frame in frames] == [number * FRAME_S for number in range(len(frames))]
    sound, reader = read_sound(made.output, RATE_HZ)
    assert reader.start_s == pytest.approx(0, abs=1e-3)
    count = min(len(sound), len(said[1]))
    match = np.fft.irfft(np.fft.rfft(sound[:count], 2**17) * np.conj(np.fft.rfft(said[1][:count], 2**17)))
    assert abs(int((match.argmax() + 2**16) % 2**17 - 2**16)) <= RATE_HZ // 1000
    assert abs(len(sound) - len(said[1])) < 0.1 * RATE_HZ


def test_it_says_what_it_is(made: LipsyncResult, said: tuple[Path, Sound]) -> None:
    with made.output.open("rb") as content:
        read = read_manifest(content, media_type="video/mp4")
    assert read.state == "valid"
    text = json.dumps(read.active, default=str)
    for word in ("lipsync", "a mouth was made to say something else", "A.mp4", said[0].name):
        assert word in text


def test_silence_shuts_the_mouth(footage: Path, tmp_path: Path) -> None:
    quiet = write_wav(tmp_path / "quiet.wav", np.zeros(2 * RATE_HZ))
    result = understudy.lipsync(footage, quiet, tmp_path / "out.mp4")
    assert any("nobody speaks in quiet.wav: the mouth stays shut" in one for one in result.warnings)
    assert (gaps_of(result.output) < 0.04).mean() >= 0.95
    assert (gaps_of(footage)[: result.frames] < 0.04).mean() < 0.7


def test_an_interrupted_run_is_gone_on_with(
    footage: Path,
    said: tuple[Path, Sound],
    made: LipsyncResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "_PART_FRAMES", 10)
    out, written = tmp_path / "out.mp4", animate_output.write_frame

    def failing(writer, frame) -> None:
        if frame.index == 25:
            raise KeyboardInterrupt
        written(writer, frame)

    given = {"watermark": False, "crf": 0}
    monkeypatch.setattr(animate_output, "write_frame", failing)
    with pytest.raises(KeyboardInterrupt):
        understudy.lipsync(footage, said[0], out, **given)
    monkeypatch.setattr(animate_output, "write_frame", written)
    assert not out.exists()
    heard: list[str] = []
    understudy.lipsync(footage, said[0], out, **given, on_event=lambda event: heard.append(str(event)))
    assert any("goes on at frame 25" in event for event in heard)
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]
    for one, other in zip(frames_of(out), frames_of(made.output), strict=True):
        assert one.time_s == other.time_s
        assert np.abs(one.image.astype(int) - other.image).mean() < 0.1


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"speech": "none.wav"}, r"none\.wav does not exist"),
        ({"speech": "words.txt"}, r"words\.txt"),
        ({"speech": "mute.mp4"}, r"mute\.mp4 has no sound"),
        ({"footage": "mute.mp4"}, r"mute\.mp4 has no sound: .*--learn"),
        ({"footage": "still.png"}, r"still\.png has pictures without sound.*--learn"),
        ({"footage": "faceless.mp4"}, r"no face was found in .*faceless\.mp4"),
        ({"learn": "faceless.mp4"}, r"no face was found in .*faceless\.mp4"),
        ({"learn_speaker": "faceless.mp4"}, r"no face was found in .*faceless\.mp4"),
        ({"learn_speaker": "mute.mp4"}, r"mute\.mp4 has no sound: .*--learn-speaker"),
        ({"out": "o.png"}, r"o\.png is one picture"),
        ({"out": "said.wav"}, r"said\.wav is read and would be overwritten"),
        ({"out": "o.webm"}, r"cannot write \.webm"),
        ({"length": "pingpng"}, "did you mean pingpong"),
        ({"person": 2}, "no person 2"),
        ({"strength": 3}, "give 0 to 2"),
    ],
)
def test_what_cannot_be_is_one_line(
    footage: Path,
    said: tuple[Path, Sound],
    tmp_path: Path,
    given: dict,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "records"))
    make_clip(tmp_path / "mute.mp4", frames=4)
    make_clip(tmp_path / "faceless.mp4", frames=4, audio=("aac",))
    write_image(tmp_path / "still.png", np.zeros((64, 96, 3), np.uint8))
    (tmp_path / "words.txt").write_text("no sound")
    write_wav(tmp_path / "said.wav", said[1])
    before = sorted(tmp_path.rglob("*"))
    agreed = {"identity": "A", "consent": "rendered"}
    asked = {"footage": footage, "speech": "said.wav", "out": "o.mp4"} | agreed | given
    for name in ("footage", "speech", "out", "learn", "learn_speaker"):
        if name in asked:
            asked[name] = tmp_path / asked[name]
    with pytest.raises(UnderstudyError, match=why):
        understudy.lipsync(**asked)
    assert sorted(tmp_path.rglob("*")) == before


def test_too_little_talking_is_said(
    footage: Path, said: tuple[Path, Sound], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lipsync_learn, "LEAST_TALKING_S", 20.0)
    with pytest.raises(
        UnderstudyError, match=r"there are \d s of talking in A.mp4, and 20 are needed: .*--learn"
    ):
        understudy.lipsync(footage, said[0], tmp_path / "o.mp4")
    assert not list(tmp_path.iterdir())


def test_too_little_of_the_speaker_is_said(footage: Path, said: tuple[Path, Sound], tmp_path: Path) -> None:
    short = talking(tmp_path / "short.mp4", 3.0, seed=6)[0]
    with pytest.raises(
        UnderstudyError, match=r"\d s of talking in short.mp4, and 5 are needed: .*--learn-speaker"
    ):
        understudy.lipsync(footage, said[0], tmp_path / "o.mp4", learn_speaker=short)
    assert not (tmp_path / "o.mp4").exists()


def test_mouths_are_brought_to_the_same_width_while_they_speak() -> None:
    random = np.random.default_rng(0)

    def mouth(width: float, pauses: int) -> LipsRecording:
        rows = np.concatenate([np.zeros((400, BANDS)), np.full((4 * pauses, BANDS), FLOOR)]).astype(
            np.float32
        )
        gap = np.concatenate([width * random.uniform(0, 1, 100), np.zeros(pauses)])
        values = np.stack([0.5 * gap / width, gap], axis=1).astype(np.float32)
        values[7] = np.nan
        return LipsRecording(rows=rows, times_s=np.arange(100 + pauses) / 25, values=values)

    narrow, wide, still = mouth(0.1, 300), mouth(0.15, 0), mouth(1e-3, 0)
    (same,) = lipsync_learn._as_wide([narrow], [wide])
    ratio = np.nanmax(same.values[:, 1]) / np.nanmax(narrow.values[:, 1])
    assert ratio == pytest.approx(1.5, rel=0.1)  # whatever the pauses
    assert np.nanmax(same.values[:, 0]) == pytest.approx(ratio * np.nanmax(narrow.values[:, 0]), rel=1e-5)
    (most,) = lipsync_learn._as_wide([mouth(0.06, 0)], [wide])
    assert np.nanmax(most.values[:, 1]) == pytest.approx(0.12, rel=0.05)
    assert np.nanmax(most.values[:, 0]) <= 1
    assert lipsync_learn._as_wide([still], [wide])[0] is still


@pytest.mark.parametrize("option", ["learn", "learn_speaker"])
@pytest.mark.parametrize(
    ("learn", "why"),
    [
        (["A.mp4", "none.mp4"], r"none\.mp4 does not exist"),
        (["A.mp4", "mute.mp4"], r"mute\.mp4 has no sound"),
        (["A.mp4", "words.mp4"], r"words\.mp4 cannot be read as video"),
        (["A.mp4", "sound.wav"], r"sound\.wav has no video stream"),
        (["[m]*.mov"], "it matches no file"),
    ],
)
def test_what_cannot_be_learnt_from_is_said_before_the_work(
    footage: Path, said: tuple[Path, Sound], tmp_path: Path, option: str, learn: list[str], why: str
) -> None:
    make_clip(tmp_path / "mute.mp4", frames=4)
    (tmp_path / "words.mp4").write_text("no video")
    write_wav(tmp_path / "sound.wav", said[1])
    (tmp_path / "A.mp4").symlink_to(footage)
    heard: list[object] = []
    given = [tmp_path / name for name in learn]
    with pytest.raises(UnderstudyError, match=why):
        understudy.lipsync(footage, said[0], tmp_path / "o.mp4", **{option: given}, on_event=heard.append)
    assert not heard


def test_clips_to_learn_from_are_named_by_folder_and_pattern(
    footage: Path,
    said: tuple[Path, Sound],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lipsync_learn, "LEAST_TALKING_S", 1e3)
    clips = tmp_path / "clips of A"
    clips.mkdir()
    for number in range(2):
        (clips / f"{number} ü.mp4").symlink_to(footage)
    stages: dict[str, None] = {}

    def told(event: object) -> None:
        if isinstance(event, Progress):
            stages[event.stage] = None

    for given in (clips, clips / "*.mp4"):
        stages.clear()
        with pytest.raises(UnderstudyError, match=r"\d s of talking in 0 ü\.mp4 and 1 ü\.mp4, and"):
            understudy.lipsync(footage, said[0], tmp_path / "o.mp4", learn=given, on_event=told)
        assert list(stages)[-2:] == ["read 0 ü.mp4", "read 1 ü.mp4"]


@pytest.mark.parametrize("option", ["learn", "learn_speaker"])
def test_a_clip_that_is_learnt_from_is_not_overwritten(
    footage: Path, said: tuple[Path, Sound], tmp_path: Path, option: str
) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    (clips / "a.mp4").write_bytes(footage.read_bytes())
    with pytest.raises(UnderstudyError, match=r"a\.mp4 is read and would be overwritten"):
        understudy.lipsync(footage, said[0], clips / "a.mp4", **{option: clips})
    assert (clips / "a.mp4").read_bytes() == footage.read_bytes()


def test_many_clips_are_told_in_a_few_words() -> None:
    assert lipsync_learn._named(["a", "b", "c"]) == "a and b and c"
    assert lipsync_learn._named(list("abcdefghij")) == "a and 9 more"


def test_without_consent_nothing_is_done(
    footage: Path, said: tuple[Path, Sound], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "records"))
    with pytest.raises(ConsentError, match="no record that the face of A may be used"):
        understudy.lipsync(footage, said[0], tmp_path / "out.mp4")
    assert not list(tmp_path.iterdir())
