"""Footage in which only somebody's expression is replaced."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

import actors
import understudy
from understudy.core.errors import UnderstudyError
from understudy.core.events import ignore
from understudy.core.identity_folder import FOLDER_VARIABLE
from understudy.expression.file import read_expression as read_file
from understudy.faces.finder import FaceFinder
from understudy.media.footage import open_footage
from understudy.workflows.animate_config import AnimateConfig, AnimateResult
from understudy.workflows.animate_marks import marking_of
from understudy.workflows.animate_output import write_frames
from understudy.workflows.composed import Composed
from understudy.workflows.consent import agreed

from .test_animate import frames_of, sound_of, with_sound

FRAMES = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("animate footage")


@pytest.fixture(scope="module")
def footage(folder: Path) -> Path:
    return with_sound(folder / "A.mp4", [frame.image for frame in actors.frames_of("A_testA", FRAMES)])


@pytest.fixture(scope="module")
def driving(folder: Path) -> Path:
    """Shorter than the footage."""
    return with_sound(folder / "B.mp4", [frame.image for frame in actors.frames_of("B_testB", FRAMES)][:20])


@pytest.fixture(scope="module")
def made(footage: Path, driving: Path, folder: Path) -> AnimateResult:
    return understudy.animate(footage, folder / "out.mp4", driving=driving, watermark=False, crf=0)


def test_the_face_does_what_the_driver_does_and_the_head_what_it_did(
    made: AnimateResult, footage: Path, driving: Path, folder: Path
) -> None:
    curves = {}
    for name, path in (("A", footage), ("B", driving), ("out", made.output)):
        understudy.read_expression(path, folder / f"{name}.json")
        curves[name] = read_file(folder / f"{name}.json")
    jaw = [curves[name].of("jawOpen")[:20] for name in ("B", "out", "A")]
    assert np.corrcoef(jaw[0], jaw[1])[0, 1] > 0.7 > np.corrcoef(jaw[0], jaw[2])[0, 1]
    assert np.abs(curves["A"].pose_deg[:, 0] - curves["out"].pose_deg[:, 0]).mean() < 2.5


def test_all_else_stays(made: AnimateResult, footage: Path) -> None:
    before, after = frames_of(footage), frames_of(made.output)
    assert [frame.time_s for frame in before] == [frame.time_s for frame in after]
    assert sound_of(footage) == sound_of(made.output)
    changed = np.array(
        [np.abs(a.image.astype(int) - b.image).max(axis=-1) for a, b in zip(before, after, strict=True)]
    )
    # the encoding is lossless: what is not the face, and around it, keeps its bits
    y, x = np.mgrid[:384, :384]
    for (_, faces), difference in zip(FaceFinder().stream(before), changed, strict=True):
        points = faces[0].landmarks_px[:, :2]
        centre = points.mean(axis=0)
        reach = 2.1 * np.linalg.norm(points - centre, axis=1).max()
        far = np.hypot(x - centre[0], y - centre[1]) > reach
        assert far.mean() > 0.1
        assert difference[far].max() == 0
    assert (changed.max(axis=(1, 2)) > 40)[2:20].all()


def test_after_the_drivers_end_frames_are_left_alone(made: AnimateResult, footage: Path) -> None:
    before, after = frames_of(footage), frames_of(made.output)
    alone = [i for i in range(FRAMES) if (before[i].image == after[i].image).all()]
    assert alone == list(range(alone[0], FRAMES))
    assert 20 + 10 <= alone[0] <= 20 + 20  # half a second at 30 a second
    assert made.animated == alone[0]
    assert made.frames == FRAMES
    assert any("B.mp4 ends before A.mp4" in said for said in made.warnings)


def test_named_expressions_in_all_frames(footage: Path, tmp_path: Path) -> None:
    images = [frame.image for frame in frames_of(footage)[:8]]
    short = with_sound(tmp_path / "A.mp4", images)
    result = understudy.animate(short, tmp_path / "out.mkv", expression="smile=1", label="auto")
    assert (result.frames, result.animated, result.held) == (8, 8, 0)
    assert understudy.verify(result.output).settings["keep_pose"] is True  # nobody asked, yet it was kept
    moved = [
        np.abs(a.image.astype(int) - b.image).max()
        for a, b in zip(frames_of(short), frames_of(result.output), strict=True)
    ]
    assert min(moved) > 30


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"out": "o.png"}, "o.png is one picture, and A.mp4 is footage"),
        ({"size": 640}, "footage keeps its own: leave --size away"),
        ({"driving": None, "expression": "yaw=5"}, "a pose is given, and footage keeps its own"),
        ({"photo_person": 2}, "no person 2"),
        ({"person": 2}, "no person 2"),
        ({"out": "A.mp4"}, "is read and would be overwritten"),
        ({"out": "o.webm"}, r"cannot write \.webm"),
    ],
)
def test_what_cannot_be_is_one_line(
    footage: Path,
    driving: Path,
    tmp_path: Path,
    given: dict,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "records"))
    images = [frame.image for frame in frames_of(footage)[:5]]
    short = with_sound(tmp_path / "A.mp4", images)
    before = sorted(tmp_path.rglob("*"))
    asked = {"photo": short, "out": "o.mp4", "driving": driving, "consent": "rendered"} | given
    asked["out"] = tmp_path / asked["out"]
    with pytest.raises(UnderstudyError, match=said):
        understudy.animate(**asked)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("is_drawn", [True, False])
def test_where_no_face_was_changed_none_is_said_to_have_been(
    is_drawn: bool, footage: Path, driving: Path, tmp_path: Path
) -> None:
    out = tmp_path / "o.mp4"
    config = AnimateConfig(photo=footage, driving=driving, out=out)
    marking = marking_of(config, agreed({"A": None}, "face", None, ignore))
    with open_footage(footage) as opened:
        info = opened.info

        def frames_from(first: int) -> Generator[Composed]:
            for frame in opened.partial():
                if frame.index >= first:
                    yield Composed(frame=frame, drawn=((0, 0, 8, 8),) if is_drawn else ())

        write_frames(config, info, marking, frames_from, ignore)
    said = understudy.verify(out)
    assert said.verdict == "intact"
    assert ("no face was changed" in str(said.done)) is not is_drawn
    assert ("another expression" in str(said.done)) is is_drawn
    assert (b"Synthetic media: " in out.read_bytes()) is is_drawn  # in its tags
    assert (said.is_synthetic, bool(said.consent)) == ((True, True) if is_drawn else (None, False))
