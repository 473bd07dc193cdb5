"""`understudy verify`: what it says, and how it ends."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from made_manifests import made, sign_file, statement, with_changed_byte
from understudy.provenance.certificate import local_signer

from .conftest import Run


def test_words(run: Run, tmp_path: Path) -> None:
    path = made(tmp_path / "Aufnahme [1].mp4")
    sign_file(path, statement(path.name), local_signer())
    ran = run("verify", path)
    assert ran.code == 0
    for said in (
        "intact: nothing was changed since it was signed",
        "valid, in the file",
        "known to this machine",
        "a face was replaced; synthetic media",
        "Anna for Bob",
        "tiny, 7 steps, sha256 efefefefefef",
        "of Anna: self",
        "blend feather",
        "target.mp4, sha256 abababababab",
    ):
        assert said in ran.out, said
    changed = with_changed_byte(path, tmp_path / "b.mp4", path.read_bytes().find(b"mdat") + 300)
    ran = run("verify", changed)
    assert ran.code == 1
    assert "edited: the content is not what was signed" in ran.out


def test_json_and_exit_codes(run: Run, tmp_path: Path) -> None:
    path = made(tmp_path / "a.jpg")
    ran = run("verify", path, "--json")
    assert (ran.code, ran.json["verdict"], ran.json["manifest"]) == (1, "no manifest", "absent")
    sign_file(path, statement(path.name), local_signer())
    ran = run("verify", path, "--json")
    assert (ran.code, ran.json["verdict"], ran.json["edited"], ran.err) == (0, "intact", False, "")
    ran = run("verify", tmp_path / "none", "--json")
    assert ran.code == 1
    assert "there is no file" in ran.json["error"]


def test_text_and_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "empty.mp4").touch()
    assert "no manifest" in run("verify", tmp_path / "a.txt").out
    assert "the file is empty" in run("verify", tmp_path / "empty.mp4").out


def test_the_watermark_where_asked(run: Run, tmp_path: Path) -> None:
    path = made(tmp_path / "a.png")
    assert "watermark" not in run("verify", path).out
    assert run("verify", path, "--json").json["watermark"] is None
    assert "not looked for: no face was found" in run("verify", path, "--watermark").out
    assert run("verify", path, "--watermark", "--json").json["watermark"]["found"] is None


def test_consent_and_settings_in_words(run: Run, tmp_path: Path) -> None:
    path, said = made(tmp_path / "a.png"), statement("a.png")
    consent = {"identity": "Zoë", "kind": "consent", "granted_by": "her agent", "recorded": "2026-01-02"}
    consent |= {"sha256": "ab" * 32, "odd": "x" * 5000}
    settings = {"crf": None, "strength": 0.5, "occlusion": True, "texture": False}
    sign_file(path, replace(said, making={"consent": [consent], "settings": settings}), local_signer())
    out = " ".join(run("verify", path).out.split())
    assert "consent of Zoë: consent, granted by her agent, recorded 2026-01-02" in out
    assert "record's sha256 abababababab, odd x" in out
    assert out.count("x") < 500
    assert "settings strength 0.5, occlusion yes, texture no" in out
    assert "crf" not in out


@pytest.mark.parametrize("debug", [False, True])
def test_libraries_say_nothing(run: Run, tmp_path: Path, *, debug: bool) -> None:
    path = made(tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[:-200])
    ran = run("verify", path, "--watermark", *(["--debug"] if debug else ()))
    assert ran.code == 1
    assert "its pictures cannot be read" in ran.out
    assert ("libpng" in ran.err) == debug
    assert ran.err == "" or debug
    gone = run("verify", tmp_path / "gone.png")  # what the command says itself is there
    assert gone.err.splitlines() == [
        f"error: there is no file {tmp_path / 'gone.png'}",
        "next: check the name",
    ]


def test_it_needs_no_torch(tmp_path: Path) -> None:
    """Quick to start: whoever only verifies waits for no networks."""
    path = made(tmp_path / "a.png")
    code = f"import sys, understudy; understudy.verify({str(path)!r}); print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
