"""What `understudy evaluate` says where it is given the wrong thing: one line each, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actors import clip
from clips import make_clip

from .conftest import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notes.mp4").write_text("no video")
    (tmp_path / "empty").mkdir()
    make_clip(tmp_path / "nobody.mp4", frames=6, size_px=(384, 384))
    make_clip(tmp_path / "small.mp4", frames=6)
    return tmp_path


@pytest.mark.parametrize(
    ("output", "target", "said"),
    [
        ("notes.mp4", None, "cannot be read as video"),
        ("empty", None, "is a folder without images"),
        ("missing.mp4", None, "does not exist"),
        ("small.mp4", None, "is 96x64 but"),
        ("nobody.mp4", "nobody.mp4", "no face was found in"),
        (None, "notes.mp4", "cannot be read as video"),
    ],
)
def test_a_wrong_file_is_told_in_one_line(
    run: Run, folder: Path, output: str | None, target: str | None, said: str
) -> None:
    actor = clip("A_testA")
    ran = run(
        "evaluate",
        folder / output if output else actor,
        "--target",
        folder / target if target else actor,
        "--json",
    )
    assert ran.code == 1
    assert set(ran.json) == {"error", "next_step"}
    assert said in ran.json["error"]
    assert "Traceback" not in ran.err


def test_an_output_without_a_face_is_measured_and_told(run: Run, folder: Path) -> None:
    ran = run("evaluate", folder / "nobody.mp4", "--target", clip("A_testA"), "--json")
    assert ran.code == 0
    assert ran.json["faces"] == {"target": 6, "output": 0}
    assert ran.json["expression"]["rms"] is None
    assert any("no face was found" in warning for warning in ran.json["warnings"])
    assert "warning: no face was found" in ran.err


def test_no_target_is_wrong_usage(run: Run, folder: Path) -> None:
    ran = run("evaluate", folder / "nobody.mp4", "--json")
    assert ran.code == 2
    assert "--target" in ran.json["error"]


def test_the_figures_say_what_they_mean_and_what_is_missed(run: Run) -> None:
    actor = clip("A_testA")
    ran = run(
        "evaluate", str(actor), "--target", str(actor), "--source", str(clip("B_train")), "--every", "20"
    )
    assert ran.code == 0
    assert "100, 5 of them measured" in ran.out
    (identity,) = [line for line in ran.out.splitlines() if line.startswith("identity")]
    assert identity.split("  ")[0] == "identity"
    assert "missed: at least 95" in identity
    assert "frames nearer to the source than to the target" in identity
    assert "own face in 100 % of the frames" in ran.err


def test_the_worst_frames_are_written_where_asked(run: Run, tmp_path: Path) -> None:
    target, output = clip("A_testA"), clip("BhA_testA")
    ran = run("evaluate", output, "--target", target, "--every", 50, "--worst", tmp_path / "worst", "--json")
    assert ran.code == 0
    worst = json.loads((tmp_path / "worst" / "worst.json").read_text())
    assert worst["target"] == str(target)
    assert {path.name for path in (tmp_path / "worst").iterdir()} == {
        "worst.json",
        "frames.csv",
        *(frame["picture"] for frame in worst["frames"]),
    }
    assert worst["frames"]


def test_a_list_to_focus_on_that_is_missing_is_told_in_one_line(run: Run, tmp_path: Path) -> None:
    ran = run("train", "a", "b", "--model", tmp_path / "m", "--focus", tmp_path / "worst.json", "--json")
    assert ran.code == 1
    assert "worst.json (No such file" in ran.json["error"]
    assert "conversion or evaluation" in ran.json["next_step"]
