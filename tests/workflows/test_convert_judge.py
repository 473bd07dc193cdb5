"""Frames judged while they are converted: as a judge of the finished video would, and what is told of it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import understudy
from understudy.core.errors import UnderstudyError
from understudy.core.events import Event, Notice
from understudy.faces.faceset import Faceset
from understudy.measure.frame_quality import JudgePace
from understudy.media import parts
from understudy.media.partial import DecodedPicture
from understudy.media.reader import VideoReader
from understudy.training.model_folder import load_model
from understudy.workflows import convert, convert_frames
from understudy.workflows.composed import Composed
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.convert_cast import Part, Role
from understudy.workflows.convert_judge import Judging
from understudy.workflows.judge_frames import JudgeConfig
from understudy.workflows.judge_frames import run as judge_finished
from understudy.workflows.worst_list import read_worst
from workflows.test_convert_resume import stopped_at

PACE = JudgePace(seam_every=1, expression_every=1, identity_every=8)


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "frames.csv").open() as file:
        return list(csv.DictReader(file))


def test_every_frame_gets_the_figures_that_the_finished_video_has(
    clips: dict[str, Path],
    model: Path,
    facesets: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        convert_frames, "Judging", lambda roles, index, on_event: Judging(roles, index, on_event, PACE)
    )
    out, worst = tmp_path / "out.mp4", tmp_path / "worst"
    understudy.convert(clips["target"], model, out, faces=[facesets[1]], crf=0, worst=worst)
    rows = table(worst)
    assert [int(row["frame"]) for row in rows] == list(range(48))
    finished = judge_finished(JudgeConfig(target=clips["target"], output=out, model=model))
    for name, apart in (("seam", 0.15), ("flicker", 0.15), ("identity", 0.03), ("expression", 0.01)):
        here = np.array([float(row[name]) for row in rows])
        there = np.array([one.figures[name] for one in finished])
        assert np.abs(here - there).mean() < apart, name
    assert read_worst(worst).video == str(out)


def test_each_person_is_judged_where_the_face_is(
    clips: dict[str, Path], model: Path, facesets: tuple[Path, Path]
) -> None:
    """A square painted over a face of one of two people: only that one's figures tell of it."""
    index = load_model(model, bf16=False).index
    roles = [Role(source="source", target="target"), Role(source="target", target="source")]
    judging = Judging(roles, index, lambda event: None, PACE)
    with Faceset.open(facesets[1]) as faceset:
        faces = {stored.frame_index: stored.face for stored in faceset.faces(None)}
    with VideoReader(clips["target"]) as reader:
        cast = (
            (frame, [Part(face=faces[frame.index], role=role) for role in roles[: 1 + (frame.index >= 8)]])
            for frame in reader.partial()
            if frame.index < 16
        )

        def painted():
            for frame, of in judging.before(cast):
                assert isinstance(frame.image, DecodedPicture)
                if frame.index == 12:
                    x, y = (
                        int(faces[12].square.x_px) // 2 * 2 - 20,
                        int(faces[12].square.y_px) // 2 * 2 - 20,
                    )
                    frame.image.put(x, y, np.ones((40, 40, 3), np.float32), np.ones((40, 40), np.float32))
                yield Composed(frame=frame, replaced=tuple(part.role.target for part in of))

        assert [len(composed.replaced) for composed in judging.after(painted())] == [1] * 8 + [2] * 8
    known = judging.qualities()
    assert [one.frame_index for one in known] == [*range(16), *range(8, 16)]
    flicker = {one.frame_index: one.figures["flicker"] for one in known[:16]}
    assert max(flicker, key=flicker.__getitem__) == 12
    assert flicker[5] == pytest.approx(0, abs=1e-3)
    assert {one.frame_index for one in judging.qualities(begun=10)} == set(range(10, 16))


def test_what_an_earlier_run_made_is_told_not_to_be_judged(
    clips: dict[str, Path],
    model: Path,
    facesets: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "_PART_FRAMES", 10)
    config = ConvertConfig(
        target=clips["target"],
        model=model,
        out=tmp_path / "out.mp4",
        faces=(facesets[1],),
        worst=tmp_path / "w",
    )
    stopped_at(25, KeyboardInterrupt(), config, monkeypatch)
    assert not (tmp_path / "w" / "frames.csv").exists()
    said: list[Event] = []
    result = convert.run(config, said.append)
    assert [int(row["frame"]) for row in table(tmp_path / "w")] == list(range(25, 48))
    assert any(
        "25 frames, which an earlier run has made, were not judged" in warning for warning in result.warnings
    )
    assert any(isinstance(event, Notice) and event.message in result.warnings for event in said)


def test_a_folder_that_cannot_be_written_to_is_told_first(
    clips: dict[str, Path], model: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnderstudyError, match="is a file, and the worst frames are several"):
        understudy.convert(clips["target"], model, tmp_path / "out.mp4", worst=tmp_path / "file")
    assert not (tmp_path / "out.mp4").exists()
