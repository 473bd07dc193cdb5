"""`understudy animate` as people and programs read it."""

from __future__ import annotations

from pathlib import Path

import pytest

import actors
from understudy.media.images import write_image

from .conftest import Run


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    write_image(tmp_path / "A.png", actors.frames_of("A_train", 1)[0].image)
    return tmp_path / "A.png"


def test_words_and_one_object(run: Run, photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jpg"
    ran = run("animate", photo, "--expression", "smile=0.8, yaw=-10", "--out", out, "--json")
    assert ran.code == 0, ran.err
    assert ran.json["output"] == str(out)
    assert (ran.json["frames"], ran.json["animated"], ran.json["held"]) == (1, 1, 0)
    assert (ran.json["width_px"], ran.json["identity"], ran.json["warnings"]) == (384, "A", [])
    assert {"fps", "seconds", "peak_rss_mb"} <= set(ran.json)
    said = run("animate", photo, "--expression", "neutral", "--size", 128, "--out", out)
    assert "128 x 128 px" in said.out
    assert "animated picture" in said.err


def test_what_cannot_be_is_one_line(run: Run, photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jpg"
    ran = run("animate", photo, "--expression", "smyle=0.8", "--out", out, "--json")
    assert ran.code == 1
    assert "did you mean smile?" in ran.json["error"] + ran.json.get("next_step", "")
    assert "Traceback" not in ran.err
    for wrong in (
        (),
        ("--expression", "smile=1", "--driving", "b.mp4"),
        ("--expression", "smile=1", "--strength", "3"),
        ("--expression", "smile=1", "--size", "10"),
        ("--expression", "smile=1", "--consent", "public-domain"),
    ):
        assert run("animate", photo, "--out", out, *wrong).code == 2, wrong
    assert not out.exists()


def test_without_consent_it_stops_with_one_line(
    run: Run, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERSTUDY_IDENTITIES", str(tmp_path / "records"))
    command = ("animate", photo, "--expression", "smile=1", "--out", tmp_path / "out.jpg")
    stopped = run(*command)
    assert stopped.code == 1
    assert "there is no record that the face of A may be used" in stopped.err
    assert "understudy identity add A --consent FILE" in stopped.err
    assert run(*command, "--consent", "rendered").code == 0
    assert run(*command).code == 0
