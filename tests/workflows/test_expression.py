"""From footage to a file of curves: the right person, all frames, and one line where it cannot be."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest
import typer

import actors
import understudy
from made_facesets import write_faceset
from understudy.cli.main import app
from understudy.core.errors import UnderstudyError
from understudy.expression.file import read_expression as read_file
from understudy.media.images import read_image
from understudy.workflows import expression as workflow
from understudy.workflows.expression_faces import SeenFaces


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> tuple[workflow.ReadExpressionResult, Path]:
    folder = tmp_path_factory.mktemp("read")
    result = understudy.read_expression(actors.clip("A_testA"), folder / "a.json", plot=folder / "a.png")
    return result, folder


def test_what_an_actor_does_is_in_the_file(read: tuple[workflow.ReadExpressionResult, Path]) -> None:
    result, folder = read
    assert (result.frames, result.faces, result.people, result.output) == (100, 100, 1, folder / "a.json")
    found = read_file(folder / "a.json")
    assert (len(found.times_s), found.size_px, found.footage) == (100, (384, 384), "A_testA.mp4")
    assert found.times_s[1] == pytest.approx(0.04)
    assert result.most["eyeBlinkLeft"] > 0.6
    assert image_is_drawn(folder / "a.png")
    true = actors.units("A_testA", "A", "eye-left-closure")
    assert np.corrcoef(found.of("eyeBlinkLeft"), true)[0, 1] > 0.85
    smile = actors.units("A_testA", "A", "mouth-corner-puller", "mouth-upward-retraction")
    assert np.corrcoef(found.of("mouthSmileLeft"), smile)[0, 1] > 0.8
    yaw = actors.curves("A_testA", "A")["yaw"]
    assert np.corrcoef(found.pose_deg[:, 0], yaw)[0, 1] > 0.98


def image_is_drawn(path: Path) -> bool:
    return read_image(path).std() > 5


def test_a_faceset_is_read_too(tmp_path: Path) -> None:
    looks = [{"mouth": 0.1 if 10 < i < 20 else 0.0} for i in range(60)]
    faceset = write_faceset(tmp_path / "f", "a.mp4", looks)
    result = understudy.read_expression(faceset, tmp_path / "f.json")
    jaw = read_file(tmp_path / "f.json")
    opened = jaw.of("jawOpen") + jaw.of("mouthLowerDownLeft") + jaw.of("mouthFunnel")
    assert result.faces == 60
    # a few points of the lower lip alone are no jaw: it is little, and clear
    shut = opened[25:].max()
    assert shut < 0.06  # a made face's own gap, which is not quite that of its face at rest
    assert opened[12:18].min() > shut + 0.05


def face_at(x: float, side: float = 100.0):
    from measure.made_faces import made_face

    return made_face(centre_px=(x, 100), side_px=side)


def test_who_is_chosen(tmp_path: Path) -> None:
    few, many = [(i, face_at(50)) for i in range(3)], [(i, face_at(150)) for i in range(8)]
    seen = SeenFaces(
        times_s=[i / 25 for i in range(8)], faces={0: few, 1: many}, people=[[1], [0]], size_px=(300, 200)
    )
    first, second = (workflow.clip_of(seen, person, Path("x.mp4")) for person in (1, 2))
    assert np.isfinite(first.landmarks_px).all()
    assert np.isfinite(second.landmarks_px[:3]).all()
    assert np.isnan(second.landmarks_px[3:]).all()
    assert second.landmarks_px[0, :, 0].mean() == pytest.approx(50, abs=10)
    with pytest.raises(UnderstudyError, match="no person 3"):
        workflow.clip_of(seen, 3, Path("x.mp4"))
    nobody = SeenFaces(times_s=[0.0], faces={}, people=[], size_px=(3, 3))
    with pytest.raises(UnderstudyError, match=r"no face was found in x\.mp4"):
        workflow.clip_of(nobody, 1, Path("x.mp4"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"out": "a.txt"}, "a.txt as JSON"),
        ({"plot": "a.jpg"}, "a.jpg as PNG"),
        ({"person": 0}, "person 0"),
        ({"smooth_s": -1.0}, "smoothing"),
        ({"footage": "none.mp4"}, "none.mp4"),
    ],
)
def test_bad_requests_are_one_line(tmp_path: Path, given: dict[str, object], said: str) -> None:
    asked: dict[str, object] = {"footage": actors.clip("A_testA"), "out": "a.json"} | given
    for name in ("out", "plot"):
        if name in asked:
            asked[name] = tmp_path / str(asked[name])
    with pytest.raises(UnderstudyError, match=said):
        understudy.read_expression(**asked)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_parameters_are_those_of_the_command() -> None:
    group = typer.main.get_command(app).commands["expression"]  # type: ignore[attr-defined]
    options = {parameter.name for parameter in group.commands["read"].params} - {"json", "debug", "help"}
    signature = inspect.signature(understudy.read_expression)
    assert options == set(signature.parameters) - {"on_event"}
    for name in signature.parameters:
        assert f"        {name}: " in (understudy.read_expression.__doc__ or "")
