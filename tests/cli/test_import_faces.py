"""`understudy import`."""

from __future__ import annotations

import pickle
from pathlib import Path

import cv2
import numpy as np

from cli.conftest import Run
from foreign_files import dfl_segment, landmarks_68, write_dfl
from understudy.faces.faceset import Faceset
from understudy.faces.finder import FaceFinder
from understudy.media.reader import VideoReader
from workflows.conftest import shortened

SIDE_PX = 256


class Shouts:
    def __reduce__(self):
        return Path.touch, (Path("understudy-was-here"),)


def test_import(run: Run, tmp_path: Path) -> None:
    clip = shortened("A_testA", tmp_path / "clip.mp4", 3)
    folder, out = tmp_path / "aligned", tmp_path / "anna"
    folder.mkdir()
    with VideoReader(clip) as reader:
        for frame, [face] in FaceFinder().stream(reader):
            matrix = face.square.crop_from_frame(SIDE_PX, 2.1)
            name, points = f"{frame.index + 1:05d}", landmarks_68(face.landmarks_px)
            write_dfl(folder / f"{name}_0.jpg", frame.image, points, matrix, SIDE_PX, f"{name}.png")
    ran = run("import", folder, "--out", out, "--json")
    assert ran.code == 0
    assert (ran.json["faces"], ran.json["program"], ran.json["frames"]) == (3, "DeepFaceLab", 3)
    shown = run("import", folder, "--out", out, "--frames", clip, "--identity", "anna")
    assert shown.code == 0
    assert "3 kept" in shown.out
    assert "imported already" in shown.err
    with Faceset.open(out) as faceset:
        assert (faceset.identity, faceset.count()) == ("anna", 3)


def test_a_file_that_holds_code(run: Run, tmp_path: Path) -> None:
    jpeg = cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8))[1].tobytes()
    (tmp_path / "1_0.jpg").write_bytes(dfl_segment(pickle.dumps({"landmarks": Shouts()}), jpeg))
    ran = run("import", tmp_path, "--out", tmp_path / "out", "--json")
    assert ran.code == 1
    [first, second] = ran.err.splitlines()[-2:]
    assert first.startswith("error: ")
    assert "1_0.jpg was refused: it asks for pathlib.Path.touch" in first
    assert second.startswith("next: ")
    assert ran.json["error"] in first
    assert not (tmp_path / "out").exists()


def test_wrong_usage(run: Run, tmp_path: Path) -> None:
    assert run("import", tmp_path).code == 2
    ran = run("import", tmp_path / "no", "--out", tmp_path / "out")
    assert ran.code == 1
    assert "does not exist" in ran.err
