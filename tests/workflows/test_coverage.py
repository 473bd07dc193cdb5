"""Two facesets from the disk to a table, sentences, pictures and a page."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from made_facesets import Look, difference, faces_of, frame_of, upright_face, write_faceset
from understudy.cli.output import jsonable
from understudy.core.errors import ConfigError, FacesetError, MediaError, UnderstudyError
from understudy.core.events import Event, Notice, Progress, Written
from understudy.core.geometry import transform_points
from understudy.faces.crop import STORED_COVERAGE, cut
from understudy.faces.light import LIGHT_PX, face_light
from understudy.media.images import read_image
from understudy.workflows import coverage
from understudy.workflows.coverage_output import clock
from understudy.workflows.coverage_result import CoverageConfig, CoverageResult
from understudy.workflows.faceset_arrays import read_faces

FRONT: list[Look] = [{}] * 40
LEFT_AND_DOWN: list[Look] = [{"pose_deg": (-30.0, 20.0, 0.0), "mouth": 0.15}] * 20


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("Gesichter ü")
    source = write_faceset(folder / "anna", "anna.mp4", FRONT)
    target = write_faceset(folder / "bert <b>", "bert 1.mp4", [*FRONT, *LEFT_AND_DOWN])
    return source, target


@pytest.fixture(scope="module")
def heard() -> list[Event]:
    return []


@pytest.fixture(scope="module")
def result(
    made: tuple[Path, Path], heard: list[Event], tmp_path_factory: pytest.TempPathFactory
) -> CoverageResult:
    out = tmp_path_factory.mktemp("out") / "Lücken.html"
    return coverage.run(CoverageConfig(source=made[0], target=made[1], out=out), heard.append)


def test_the_gap_is_named_with_the_frames_that_show_it(result: CoverageResult) -> None:
    (view,) = [gap for gap in result.gaps if gap.measure == "pose"]
    assert "turned to the left (about 30°) and down (about 20°)" in view.sentence
    assert "with the mouth wide open" in view.sentence
    assert view.share == pytest.approx(1 / 3)
    assert len(view.examples) == 3
    for example in view.examples:
        assert example.footage.name == "bert 1.mp4"
        assert example.frame >= len(FRONT)
        assert example.time_s == pytest.approx(example.frame / 25)
        assert read_image(example.crop).shape[2] == 3
    assert result.covered_share == pytest.approx(2 / 3)
    by_key = {measure.key: measure for measure in result.measures}
    assert by_key["mouth_open"].missing_share == pytest.approx(1 / 3)
    assert by_key["brow"].missing_share == 0
    assert by_key["size_px"].source == pytest.approx((120, 120), rel=0.02)
    assert (result.source_faces, result.target_faces) == (40, 60)


def test_figures_noted_by_extraction_are_those_taken_from_an_older_faceset(
    facesets: tuple[Path, Path], tmp_path: Path
) -> None:
    older = shutil.copytree(facesets[0], tmp_path / "older")
    with contextlib.closing(sqlite3.connect(older / "faces.sqlite")) as database:
        database.execute("DELETE FROM quality")
        database.commit()
    noted, taken = (read_faces(folder, with_light=True).arrays for folder in (facesets[0], older))
    assert noted.values.keys() == taken.values.keys()
    for name, values in noted.values.items():
        # the light is taken from stored crops, which are compressed
        close = {"brightness": 0.5, "light_side": 0.01}.get(name, 1e-4)
        np.testing.assert_allclose(values, taken.values[name], atol=close, err_msg=name)
    crops = list((facesets[0] / "crops").iterdir())
    assert crops
    shutil.rmtree(shutil.copytree(facesets[0], tmp_path / "bare") / "crops")
    (tmp_path / "bare" / "crops").mkdir()
    assert len(read_faces(tmp_path / "bare", with_light=True).places) == len(crops)


def test_the_page_shows_the_targets_faces_upright(result: CoverageResult) -> None:
    page = result.out.read_text("utf-8")  # type: ignore[union-attr]
    found = [base64.b64decode(text) for text in re.findall(r"data:image/webp;base64,([^\"]+)", page)]
    examples = [example for gap in result.gaps for example in gap.examples]
    faces = list(faces_of([*FRONT, *LEFT_AND_DOWN]))
    assert max(abs(faces[example.frame].pose_deg[2]) for example in examples) > 20
    for file, example in zip(found, examples, strict=True):
        shown = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        assert difference(shown, upright_face(faces[example.frame], len(shown))) < 4


def test_the_light_on_a_tilted_head_is_taken_where_its_face_is(tmp_path: Path) -> None:
    folder = write_faceset(tmp_path / "a", "a.mp4", FRONT[:3], shade=True)
    values = read_faces(folder, with_light=True).arrays.values
    for index, face in enumerate(faces_of(FRONT[:3])):
        small_from_frame = face.square.crop_from_frame(LIGHT_PX, STORED_COVERAGE)
        small = cut(frame_of(face, shade=True), small_from_frame, LIGHT_PX)
        light = face_light(small, transform_points(small_from_frame, face.landmarks_px[:, :2]))
        assert light is not None
        assert values["brightness"][index] == pytest.approx(light.brightness, abs=1)
        assert values["light_side"][index] == pytest.approx(light.side, abs=0.02)


def test_what_is_written_is_heard_of_and_the_result_is_json(
    result: CoverageResult, heard: list[Event]
) -> None:
    assert [event.path for event in heard if isinstance(event, Written)] == [result.out]
    assert {event.stage for event in heard if isinstance(event, Progress)} == {"read anna", "read bert <b>"}
    assert [event.message for event in heard if isinstance(event, Notice)] == result.warnings
    assert "40 faces only" in result.warnings[0]
    stored = json.loads(json.dumps(jsonable(result), allow_nan=False))
    assert stored["gaps"][0].keys() == {"measure", "sentence", "share", "examples"}
    page = result.out.read_text("utf-8")  # type: ignore[union-attr]
    assert page.count("<figure><img") == sum(len(gap.examples) for gap in result.gaps)
    assert "bert &lt;b&gt;" in page
    assert f"at {clock(result.gaps[0].examples[0].time_s)}" in page


def test_the_same_faces_have_no_gap_and_light_of_another_side_is_one(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    copy = shutil.copytree(made[1], tmp_path / "copy")
    alike = coverage.run(CoverageConfig(source=copy, target=made[1]))
    assert alike.gaps == []
    assert alike.covered_share == 1
    shaded = write_faceset(tmp_path / "shaded", "c.mp4", FRONT, shade=True)
    found = coverage.run(CoverageConfig(source=made[0], target=shaded))
    assert [gap.sentence for gap in found.gaps] == ["Film the source with light from the right."]


@pytest.mark.parametrize("side", [-1, 1])
def test_gaze_is_told_to_the_side_of_the_picture(tmp_path: Path, side: int) -> None:
    looks: list[Look] = [*FRONT, *[{"gaze": (0.2 * side, 0.0)}] * 20]
    source = write_faceset(tmp_path / "a", "a.mp4", FRONT)
    found = coverage.run(CoverageConfig(source=source, target=write_faceset(tmp_path / "b", "b.mp4", looks)))
    (gap,) = found.gaps
    assert f"eyes turned further to the {'left' if side < 0 else 'right'}" in gap.sentence
    # from the same zero as the table
    gaze = next(measure for measure in found.measures if measure.key == "gaze_yaw_deg")
    assert gaze.source
    assert gaze.target
    told = re.search(r"about (-?\d+)° from the head's front, .* at (-?\d+)° to (-?\d+)°", gap.sentence)
    assert told
    assert int(told[1]) == pytest.approx(gaze.target[side > 0], abs=1)
    assert [int(told[2]), int(told[3])] == pytest.approx(gaze.source, abs=0.51)
    assert "from the head's front" in gaze.unit


def test_where_eyes_that_are_shut_look_is_not_known(tmp_path: Path) -> None:
    looks: list[Look] = [*FRONT, *[{"lids": 0.03, "gaze": (0.2, 0.0)}] * 5]
    values = read_faces(write_faceset(tmp_path / "a", "a.mp4", looks), with_light=False).arrays.values
    assert values["eye_open"][-1] < 0.5 * values["eye_open"][0]
    assert np.isfinite(values["gaze_yaw_deg"]).tolist() == [True] * 40 + [False] * 5


@pytest.mark.parametrize(
    ("suffix", "starts"), [(".png", b"\x89PNG"), (".svg", b"<svg"), (".PNG", b"\x89PNG")]
)
def test_pictures(made: tuple[Path, Path], tmp_path: Path, suffix: str, starts: bytes) -> None:
    out = tmp_path / f"map{suffix}"
    coverage.run(CoverageConfig(source=made[0], target=made[1], out=out))
    assert out.read_bytes().startswith(starts)


def test_rendered_actors_from_footage_to_sentences(facesets: tuple[Path, Path]) -> None:
    found = coverage.run(CoverageConfig(source=facesets[0], target=facesets[1]))
    assert 0 <= found.covered_share <= 1
    assert all(measure.source and measure.target for measure in found.measures)
    assert all(example.footage.name == "target.mp4" for gap in found.gaps for example in gap.examples)


def _empty(folder: Path) -> Path:
    return write_faceset(folder / "empty", "e.mp4", [])


def _text(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_text("no faceset")
    return path


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_empty, "no kept faces"),
        (_text, "is not a faceset"),
        (lambda folder: folder / "gone", "is not a faceset"),
    ],
)
@pytest.mark.parametrize("place", ["source", "target"])
def test_what_is_no_faceset_is_named(
    made: tuple[Path, Path], tmp_path: Path, make: Callable[[Path], Path], said: str, place: str
) -> None:
    wrong, out = make(tmp_path), tmp_path / "map.png"
    config = CoverageConfig(source=made[0], target=made[1], out=out)
    with pytest.raises(FacesetError, match=said) as caught:
        coverage.run(replace(config, **{place: wrong}))
    assert wrong.name in caught.value.what
    assert caught.value.next_step
    assert not out.exists()


def test_the_same_twice_and_a_format_that_cannot_be_are_refused(made: tuple[Path, Path]) -> None:
    with pytest.raises(ConfigError, match="as source and as target"):
        CoverageConfig(source=made[0], target=made[0] / ".." / made[0].name)
    with pytest.raises(ConfigError, match=r"type \.gif"):
        CoverageConfig(source=made[0], target=made[1], out=Path("map.gif"))


def test_a_crop_that_is_gone_and_a_place_that_cannot_be_written_are_told(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    copy = shutil.copytree(made[1], tmp_path / "copy")
    next((copy / "crops").glob("*.jpg")).unlink()
    with pytest.raises(MediaError, match="cannot be read"):
        coverage.run(CoverageConfig(source=made[0], target=copy))
    (tmp_path / "file").write_text("")
    with pytest.raises(UnderstudyError, match="cannot write"):
        coverage.run(CoverageConfig(source=made[0], target=made[1], out=tmp_path / "file" / "map.svg"))


def test_times_read_as_on_a_player() -> None:
    assert [clock(t) for t in (0, 4.733, 59.999, 3723.5)] == ["0:00.00", "0:04.73", "1:00.00", "1:02:03.50"]
