"""`understudy expression read` as people and programs read it."""

from __future__ import annotations

from pathlib import Path

from made_facesets import write_faceset

from .conftest import Run


def test_words_and_one_object(run: Run, tmp_path: Path) -> None:
    looks = [{"lids": 0.03 if 10 < i < 14 else 0.0} for i in range(60)]
    faceset = write_faceset(tmp_path / "f", "a.mp4", looks)
    out, plot = tmp_path / "f.json", tmp_path / "f.png"
    ran = run("expression", "read", faceset, "--out", out, "--plot", plot, "--json")
    assert ran.code == 0
    assert ran.json["output"] == str(out)
    assert ran.json["plot"] == str(plot)
    assert ran.json["frames"] == ran.json["faces"] == 60
    assert ran.json["most"]["eyeBlinkLeft"] > 0.3
    assert out.exists()
    assert plot.exists()
    said = run("expression", "read", faceset, "--out", out).out
    assert "60 of 60 show the face" in said
    assert "eyeBlink" in said


def test_what_cannot_be_is_one_line(run: Run, tmp_path: Path) -> None:
    ran = run("expression", "read", tmp_path / "none.mp4", "--out", tmp_path / "a.json", "--json")
    assert ran.code == 1
    assert "none.mp4" in ran.json["error"]
    assert "Traceback" not in ran.err
    assert run("expression", "read", tmp_path, "--out", "a.json", "--person", 0).code == 2
