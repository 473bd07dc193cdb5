"""`understudy voice` as people and programs read it."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
import typer

import understudy
from made_speech import LOW, speech, write_wav
from made_voices import untrained_model
from understudy.cli.main import app
from understudy.core.identity_folder import FOLDER_VARIABLE

from .conftest import Run


@pytest.mark.parametrize("name", ["train", "convert", "say"])
def test_parameters_are_those_of_the_function(name: str) -> None:
    group = typer.main.get_command(app).commands["voice"]  # type: ignore[attr-defined]
    options = {parameter.name for parameter in group.commands[name].params} - {"json", "debug", "help"}
    function = getattr(understudy, f"voice_{name}")
    assert options == set(inspect.signature(function).parameters) - {"on_event"}
    for parameter in inspect.signature(function).parameters:
        assert f"        {parameter}: " in function.__doc__


def test_words_and_one_object(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "identities"))
    model = untrained_model(tmp_path / "m")
    said = write_wav(tmp_path / "bo.wav", speech(LOW, 2.0))
    given = ("voice", "convert", said, "--model", model, "--out", tmp_path / "o.wav")
    refused = run(*given, "--json")
    assert refused.code == 1
    assert "no record that the voice of Anna" in refused.json["error"]
    ran = run(*given, "--as", "Anna", "--consent", "rendered", "--json")
    assert ran.code == 0
    assert ran.json["output"] == str(tmp_path / "o.wav")
    assert ran.json["speaker"] == "Anna"
    assert ran.json["length_s"] == pytest.approx(2.0, abs=0.1)
    assert "Anna" in run(*given).out
    assert run("voice", "convert", said, "--model", model, "--out", "o.wav", "--pitch", 99).code == 2


def test_training_that_cannot_be_is_one_line(run: Run, tmp_path: Path) -> None:
    said = write_wav(tmp_path / "bo.wav", speech(LOW, 2.0))
    given = ("voice", "train", "--source", said, "--target", tmp_path / "none.wav", "--out", tmp_path / "m")
    ran = run(*given, "--consent", "rendered", "--json")
    assert ran.code == 1
    assert ran.json["error"]
    assert "Traceback" not in ran.err
    assert run(*given, "--minutes", 1, "--steps", 2).code == 2
