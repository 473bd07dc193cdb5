"""`understudy verify`: what it says, and how it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
        "identity Anna, kind self",
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


def test_it_needs_no_torch(tmp_path: Path) -> None:
    """Quick to start: whoever only verifies waits for no networks."""
    path = made(tmp_path / "a.png")
    code = f"import sys, understudy; understudy.verify({str(path)!r}); print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
