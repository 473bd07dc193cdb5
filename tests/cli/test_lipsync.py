"""`understudy lipsync` as people and programs read it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clips import make_clip
from made_speech import LOW, RATE_HZ, speech, write_wav
from made_talking import talking
from understudy.cli.lipsync import _show
from understudy.workflows import lipsync_learn
from understudy.workflows.lipsync_config import LipsyncResult

from .conftest import Run

SAID_S = 0.6


@pytest.fixture
def said(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "said ü.wav", speech(LOW, SAID_S)[: round(SAID_S * RATE_HZ)])


def test_help_names_what_can_be_chosen(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    ran = run("lipsync", "--help")
    assert ran.code == 0
    for word in (
        "--speech",
        "--learn ",
        "--learn-speaker",
        "pingpong|cut|footage",
        "--consent",
        "the face in the footage",
    ):
        assert word in ran.out, word


def test_words_and_one_object(
    run: Run,
    said: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(lipsync_learn, "LEAST_TALKING_S", 1.0)
    quick = replace(lipsync_learn._TRAINING, steps=20, members=1, batch=2)
    monkeypatch.setattr(lipsync_learn, "_TRAINING", quick)
    monkeypatch.setattr(lipsync_learn, "_LEAST_R", -1.0)  # so little is learnt at all
    footage, _ = talking(tmp_path / "A.mp4", 3.6, seed=4)
    out = tmp_path / "sagt was.mp4"
    given = ("lipsync", footage, "--speech", said, "--out", out, "--no-watermark")
    ran = run(*given, "--json")
    assert ran.code == 0, ran.err
    assert ran.json["output"] == str(out)
    assert ran.json["identity"] == "A"
    assert ran.json["frames"] == ran.json["animated"] == 8  # of 0.08 s
    assert {"learnt_s", "learnt_r", "offset_ms", "speech_s", "fps", "warnings"} <= set(ran.json)
    assert "lip-synced video" in ran.err
    values: dict[str, Any] = {**ran.json, "output": out}
    _show(LipsyncResult(**values))  # as without --json
    assert "8, 8 of them with a drawn mouth" in capfd.readouterr().out


def test_what_cannot_be_is_one_line(run: Run, said: Path, tmp_path: Path) -> None:
    mute, out = make_clip(tmp_path / "A.mp4", frames=4), tmp_path / "out.mp4"
    given = ("lipsync", mute, "--speech", said, "--out", out)
    ran = run(*given, "--json")
    assert ran.code == 1
    assert "has no sound" in ran.json["error"]
    assert "--learn CLIP" in ran.json["next_step"]
    assert len(ran.err.splitlines()) == 2
    for option, value, why in (
        ("--length", "pingpng", "did you mean pingpong?"),
        ("--codec", "h265x", "is unknown"),
        ("--strength", "3", "--strength"),
        ("--person", "0", "--person"),
        ("--consent", "public-domain", "--consent"),
        ("--lenght", "cut", "--length"),
    ):
        wrong = run(*given, option, value)
        assert wrong.code == 2, option
        assert why in wrong.err, wrong.err
        assert len(wrong.err.splitlines()) == 2, wrong.err
    assert not out.exists()
