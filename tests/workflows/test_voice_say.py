"""A text said in a model's voice, by whichever program says it first."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import pytest

import understudy
from made_voices import untrained_model
from understudy.core.errors import ConsentError, UnderstudyError
from understudy.core.identity_folder import FOLDER_VARIABLE

# says as many syllables as it is given letters
PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from made_speech import HIGH, SYLLABLE_S, speech, write_wav
text = sys.stdin.buffer.read().decode()
if "fail" in text:
    sys.exit("no voice today")
if "mute" not in text:
    write_wav(Path(sys.argv[1]), speech(HIGH, SYLLABLE_S * len(text), seed=3))
"""


@pytest.fixture(autouse=True)
def _records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "identities"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained_model(tmp_path_factory.mktemp("voice") / "m")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text-to-speech program."""
    path = tmp_path_factory.mktemp("program") / "a speaker.py"
    path.write_text(PROGRAM.format(tests=str(Path(__file__).parents[1])))
    return path


def command(program: Path, out: str = "{out}") -> str:
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(program))} {out}"


def test_a_program_says_it_and_the_voice_is_put_in(model: Path, program: Path, tmp_path: Path) -> None:
    out, text = tmp_path / "o.wav", "twelve säys."
    given = {"as_name": "Anna", "speaker_command": command(program)}
    with pytest.raises(ConsentError, match="voice of Anna"):
        understudy.voice_say(text, model, out, **given)
    result = understudy.voice_say(text, model, out, consent="rendered", **given)
    assert result.length_s == pytest.approx(0.22 * len(text), abs=0.05)
    assert (result.speaker, result.program) == ("Anna", Path(sys.executable).name)
    said = understudy.verify(out)
    assert (said.verdict, said.is_synthetic) == ("intact", True)
    assert said.done == "speech was synthesised from text and said in another voice"
    assert said.settings["synthesised_by"] == Path(sys.executable).name
    assert {one["title"] for one in said.made_from} == {"text", "voice of Anna", "model m"}
    assert {one["relation"] for one in said.made_from} == {"inputTo"}


def test_what_a_program_writes_to_its_output_is_taken(model: Path, program: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.flac"
    given = command(program, "/dev/stdout")
    assert understudy.voice_say("twelve syll.", model, out, consent="rendered", speaker_command=given)
    assert understudy.verify(out).verdict == "intact"


def test_what_cannot_be_said_is_one_line(model: Path, program: Path, tmp_path: Path) -> None:
    for text, given, why in (
        (" ", command(program), "no text to say"),
        ("caf\udce9", command(program), "not UTF-8"),
        ("x", "no-such-program {out}", "no program no-such-program"),
        ("x", "'open", "close its quotes"),
        ("x", " ", "no program is named"),
        ("fail", command(program), "exit code 1: no voice today"),
        ("mute", command(program), "has written no sound"),
    ):
        with pytest.raises(UnderstudyError, match=why) as error:
            understudy.voice_say(text, model, tmp_path / "o.wav", consent="rendered", speaker_command=given)
        assert "\n" not in str(error.value)
    assert list(tmp_path.glob("o.*")) == []


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_espeak_is_used_where_it_is_installed(model: Path, tmp_path: Path) -> None:
    result = understudy.voice_say("Good morning.", model, tmp_path / "o.wav", consent="rendered")
    assert result.program == "espeak-ng"
    assert 0.4 < result.length_s < 3
