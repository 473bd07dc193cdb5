"""A file holds a performance, can be edited by hand, and is read strictly."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from expression.made_performances import bump, performed
from understudy.core.errors import UnderstudyError
from understudy.expression import file as files
from understudy.expression.file import expression_text, read_expression, write_expression
from understudy.expression.performance import Performance
from understudy.expression.read import Clip, read_clip


@pytest.fixture(scope="module")
def performance() -> Performance:
    made = performed({"jawOpen": bump(20, 10, 4, 0.6)}, turn=10.0)
    landmarks = made.clip.landmarks_px.copy()
    landmarks[3] = np.nan
    clip = Clip(
        times_s=made.clip.times_s + 1.0,
        landmarks_px=landmarks,
        iris_px=made.clip.iris_px,
        size_px=(640, 480),
        footage="Zoë.mp4",
    )
    return read_clip(clip)


def test_round_trip(performance: Performance, tmp_path: Path) -> None:
    path = tmp_path / "new" / "e.json"
    write_expression(path, performance)
    again = read_expression(path)
    assert (again.names, again.size_px, again.footage) == (performance.names, (640, 480), "Zoë.mp4")
    for name, atol in (("times_s", 1e-6), ("values", 1e-4), ("pose_deg", 0.01), ("centre_px", 0.01)):
        np.testing.assert_allclose(getattr(again, name), getattr(performance, name), atol=atol)
    np.testing.assert_allclose(again.scale_px, performance.scale_px, atol=0.01)
    np.testing.assert_allclose(again.rest, performance.rest, atol=1e-5)
    np.testing.assert_allclose(again.gaze_deg, performance.gaze_deg, atol=0.01)
    assert expression_text(again) == path.read_text()
    assert np.flatnonzero(~again.seen).tolist() == [3]


def test_a_line_is_a_frame(performance: Performance) -> None:
    lines = expression_text(performance).splitlines()
    frames = [line for line in lines if line.startswith('{"time_s"')]
    assert len(frames) == 20
    assert json.loads(frames[3].rstrip(",")) == {"time_s": 1.12}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.update(format="faces"), "format"),
        (lambda f: f.update(version=2), "version"),
        (lambda f: f.update(mood="good"), "mood"),
        (lambda f: f["frames"][0]["values"].__setitem__(0, 1.5), "frames.0.values.0"),
        (lambda f: f["frames"][0]["values"].pop(), "frame 0 has"),
        (lambda f: f["frames"][0]["pose"].__setitem__(5, 0), "frames.0.pose.5"),
        (lambda f: f["frames"][0].pop("gaze_deg"), "frame 0 lacks"),
        (lambda f: f["frames"][5].update(time_s=0.5), "frame 5 comes at 0.5 s"),
        (lambda f: f["names"].__setitem__(0, "jawOpened"), "did you mean jawOpen?"),
        (lambda f: f["names"].__setitem__(1, f["names"][0]), "a name twice"),
        (lambda f: f["rest"]["mesh"].pop(), "rest.mesh"),
        (lambda f: f.update(frames=[{"time_s": 0}]), "no frame with a face"),
        (lambda f: f.update(size_px=[0, 5]), "size_px.0"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(performance, tmp_path: Path, change, said: str) -> None:
    stored = json.loads(expression_text(performance))
    change(stored)
    path = tmp_path / "e.json"
    path.write_text(json.dumps(stored))
    with pytest.raises(UnderstudyError) as caught:
        read_expression(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.next_step


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": NaN}', "\x00\xff"])
def test_what_is_no_such_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "e.json"
    path.write_text(text)
    with pytest.raises(UnderstudyError, match="no expression file"):
        read_expression(path)
    with pytest.raises(UnderstudyError, match="cannot read"):
        read_expression(tmp_path / "none.json")


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 10)
    path = tmp_path / "e.json"
    path.write_text(" " * 11)
    with pytest.raises(UnderstudyError, match="more than"):
        read_expression(path)


def test_some_names_are_enough(performance: Performance, tmp_path: Path) -> None:
    """A file made by another program may have a few names, also such as are not read here."""
    stored = json.loads(expression_text(performance))
    stored["names"] = ["jawOpen", "tongueOut"]
    stored["frames"] = [{"time_s": 0, "pose": [0, 0, 0, 5, 5, 9], "gaze_deg": [0, 0], "values": [0.5, 1]}]
    (tmp_path / "e.json").write_text(json.dumps(stored))
    assert read_expression(tmp_path / "e.json").of("jawOpen").tolist() == [0.5]
