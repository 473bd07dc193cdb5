"""`understudy coverage` as people and programs read it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from made_facesets import Look, write_faceset

from .conftest import Run

FRONT: list[Look] = [{}] * 30


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("facesets")
    looks: list[Look] = [*FRONT, *[{"mouth": 0.15}] * 10]
    return write_faceset(folder / "a", "a.mp4", FRONT), write_faceset(folder / "b", "b [x].mp4", looks)


def test_a_table_and_what_to_film(run: Run, made: tuple[Path, Path]) -> None:
    ran = run("coverage", *made)
    assert ran.code == 0
    (row,) = [line for line in ran.out.splitlines() if line.startswith("mouth opening")]
    assert "25 %" in row
    assert (
        "Film the source with the mouth wide open. 25 % of the target's faces do it, as at 0:01.2" in ran.out
    )
    assert "b [x].mp4" in ran.out
    assert "as the person behind the camera sees them" in ran.out
    assert "30 faces only" in ran.err


def test_views_have_a_share_and_angles_and_sizes_are_whole_numbers(
    run: Run, made: tuple[Path, Path], tmp_path: Path
) -> None:
    turned = write_faceset(tmp_path / "c", "c.mp4", [*FRONT, *[{"pose_deg": (-30.0, 0.0, 0.0)}] * 10])
    out = run("coverage", made[0], turned).out
    rows = {cells[0]: cells[1:] for line in out.splitlines() if len(cells := re.split(r"  +", line)) > 1}
    assert rows["head, both at once"][0] == "25 %"
    assert rows["head, left to right"][2] == rows["head, up to down"][2] == "see below"
    for name in ("head, left to right", "head, up to down", "gaze, left to right", "size of the face"):
        assert all(re.fullmatch(r"-?[1-9]\d* to -?\d+|0 to -?\d+", cell) for cell in rows[name][:2]), name
    assert re.fullmatch(r"\d\.\d\d to \d\.\d\d", rows["mouth width"][0])
    assert "75 % of the target's faces lack nothing." in out


def test_one_object(run: Run, made: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "map.svg"
    ran = run("coverage", *made, "--out", out, "--json")
    assert ran.code == 0
    assert ran.json["out"] == str(out)
    assert [gap["measure"] for gap in ran.json["gaps"]] == ["mouth_open"]
    assert out.exists()


def test_nothing_to_film(run: Run, made: tuple[Path, Path]) -> None:
    ran = run("coverage", made[1], made[0])
    assert ran.code == 0
    assert "The source shows all that the target does." in ran.out


def test_bad_input_is_one_line_and_a_next_step(run: Run, made: tuple[Path, Path], tmp_path: Path) -> None:
    text = tmp_path / "footage.mp4"
    text.write_text("no faceset")
    for args, said in (
        ((made[0], text), "footage.mp4 is not a faceset"),
        ((made[0], made[0]), "as source and as target"),
        ((*made, "--out", tmp_path / "map.gif"), "type .gif"),
    ):
        ran = run("coverage", *args, "--json")
        assert ran.code == 1
        assert said in ran.json["error"]
        assert ran.json["next_step"]
        assert "Traceback" not in ran.err
