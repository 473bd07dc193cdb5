"""Looking through a faceset: what a wall shows, what is decided, and that nothing of it is lost."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from made_facesets import write_faceset
from understudy.core.errors import ConfigError, FacesetError
from understudy.faces.faceset import Faceset
from understudy.faces.stored_crop import read_upright
from understudy.workflows import coverage
from understudy.workflows.coverage_result import CoverageConfig
from understudy.workflows.extract_people import ANOTHER_PERSON
from understudy.workflows.review import Review
from understudy.workflows.review_coverage import compared
from understudy.workflows.review_thumbnails import (
    FACES_A_PACK,
    FOLDER,
    PREVIEW_PX,
    PREVIEWS_A_ROW,
    SIZE_PX,
    is_whole,
)

LOOKS = [{"mouth": 0.02 * (i % 5), "pose_deg": (float(3 * i), 0.0, 0.0)} for i in range(10)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = write_faceset(tmp_path / "anna", "a.mp4", LOOKS, vector=np.zeros(128, np.float32))
    write_faceset(made, "b.mp4", [{}] * 4, track=2, vector=np.full(128, 0.1, np.float32))
    with Faceset.open(made) as faceset:
        faceset.set_track_person(1, 0, "anna")
        faceset.set_track_person(2, 2, "person_2")
        faceset.set_state(range(11, 15), "rejected", ANOTHER_PERSON, "extract")
    return made


@pytest.fixture
def review(folder: Path):
    opened = Review(folder)
    yield opened
    opened.close()


def unpacked(data: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    (length,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + length])
    columns = {
        one["name"]: np.frombuffer(data, "<" + one["type"], header["faces"], 4 + length + one["offset"])
        for one in header["columns"]
    }
    return header, columns


def states_of(folder: Path) -> dict[int, tuple[str, str]]:
    with Faceset.open(folder) as faceset:
        return {face.id: (face.state, face.reason) for face in faceset.faces(None)}


def test_the_answer_for_the_wall_says_what_each_face_is(review: Review) -> None:
    review.reject([3], "too blurred")
    header, columns = unpacked(review.packed())
    with Faceset.open(review.folder) as faceset:
        faces = sorted(faceset.faces(None), key=lambda face: face.id)
    assert (header["identity"], header["own"], header["undo"], header["redo"]) == ("anna", "anna", 1, 0)
    assert columns["id"].tolist() == [face.id for face in faces]
    for row, face in enumerate(faces):
        assert columns["time"][row] == pytest.approx(float(face.time_s))
        assert columns["yaw_deg"][row] == pytest.approx(face.face.pose_deg[0])
        assert header["tracks"][columns["track"][row]][:2] == [face.source_id, face.track]
        assert bool(columns["kept"][row]) == (face.state == "kept")
        assert header["reasons"][columns["reason"][row]] == face.reason
        assert header["people"][columns["person"][row]] == ("anna" if face.source_id == 1 else "person_2")
    # what extraction did not note is read from the landmarks
    assert np.all(np.diff(columns["mouth_open"][:5]) > 0.01)
    kept = [face.face.identity for face in faces if face.state == "kept"]
    away = [float(np.linalg.norm(face.face.identity - np.mean(kept, axis=0))) for face in faces]
    np.testing.assert_allclose(columns["distance"], away, atol=1e-6)


def test_faces_without_a_vector_have_that_of_the_nearest_of_their_track(folder: Path) -> None:
    with Faceset.open(folder) as faceset:
        rows = [(face.id, face.source_id, face.frame_index) for face in faceset.faces(None)]
        faceset._db.execute("DELETE FROM identities WHERE face NOT IN (2, 9, 12)")
    vectors = {2: 1, 9: 9, 12: 1}
    review = Review(folder)
    table = review.table
    ids, _ = review._faceset.vectors()
    for face, source, frame in rows:
        own = [v for v in vectors if (v > 10) == (source == 2)]
        row = table.columns.ids.tolist().index(face)
        place = {f: i for f, _, i in rows}
        best = min(abs(place[v] - frame) for v in own)
        found = int(ids[table.vector[row]])
        assert found in own
        assert abs(place[found] - frame) == best
    review.close()


def test_what_looks_alike_comes_first(review: Review) -> None:
    unlike = review.unlike(4)
    assert unlike.argmin() == 3
    assert unlike[3] == 0
    turned_away = np.abs(
        review.table.columns.places["yaw_deg"][:10] - review.table.columns.places["yaw_deg"][3]
    )
    assert turned_away[np.argsort(unlike[:10])][1] < turned_away[np.argsort(unlike[:10])][-1]
    with pytest.raises(FacesetError, match="no face 77"):
        review.unlike(77)


def test_each_step_is_on_disk_when_it_is_made(review: Review, folder: Path) -> None:
    changed = review.reject([5, 2], "hardly a face")
    assert (changed.faces, changed.kept, changed.reasons) == ([2, 5], [False] * 2, ["hardly a face"] * 2)
    assert changed.counts == {"kept": 8, "rejected": 6}
    assert states_of(folder)[5] == ("rejected", "hardly a face")
    assert review.undo().faces == [2, 5]
    assert states_of(folder)[5] == ("kept", "")
    assert review.redo().faces == [2, 5]
    assert review.keep([5]).faces == [5]
    assert (states_of(folder)[5], states_of(folder)[2]) == (("kept", ""), ("rejected", "hardly a face"))
    with pytest.raises(FacesetError, match="no face 99"):
        review.keep([1, 99])
    with pytest.raises(ConfigError, match="line"):
        review.reject([1], "two\nlines")


def test_faces_of_others_are_rejected_and_ones_own_kept(review: Review, folder: Path) -> None:
    review.reject([1], "too blurred")
    moved = review.give_to([1, 2, 3], "Zoë")
    assert moved.people == ["Zoë"] * 3
    assert moved.reasons == ["too blurred", ANOTHER_PERSON, ANOTHER_PERSON]
    back = review.give_to([1, 2], "anna")
    assert back.kept == [False, True]  # a fault is not forgiven
    merged = review.merge("person_2", "anna")
    assert (merged.faces, merged.kept) == ([11, 12, 13, 14], [True] * 4)
    assert review.table.people(review.states) == ["anna"] * 2 + ["Zoë"] + ["anna"] * 11
    review.undo()
    assert review.table.people(review.states)[10:] == ["person_2"] * 4
    assert states_of(folder)[11] == ("rejected", ANOTHER_PERSON)
    with pytest.raises(ConfigError, match="name"):
        review.give_to([1], " ")


def test_what_another_command_writes_is_seen(review: Review, folder: Path) -> None:
    with Faceset.open(folder) as other:
        other.set_state([4], "rejected", "by hand", "somebody")
    assert unpacked(review.packed())[1]["kept"][3] == 0
    assert review.undo().faces == []  # it is not a step of this review


def test_a_kill_loses_no_step(folder: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from understudy.workflows.review import Review\n"
        "review = Review(Path(sys.argv[1]))\n"
        "review.reject([1, 2], 'not good'); review.give_to([6], 'Zoë'); review.reject([7], 'not good')\n"
        "review.undo(); print('done', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "done\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    review = Review(folder)
    assert [reason for reason in review.states.reasons if reason == "not good"] == ["not good"] * 2
    assert review.states.people == {6: "Zoë"}
    assert review.redo().faces == [7]
    review.close()


def test_thumbnails_show_the_upright_faces_and_are_made_once(tmp_path: Path) -> None:
    looks = [{"mouth": 0.01 * (i % 9)} for i in range(FACES_A_PACK + 2)]
    review = Review(write_faceset(tmp_path / "anna", "a.mp4", looks))
    assert review.thumbnails.count == 2
    data = review.thumbnails.pack(1)
    assert is_whole(data, 3)
    assert not is_whole(data[:-1], 3)
    (count, *lengths) = struct.unpack_from("<4I", data)
    assert count == 3
    starts = np.cumsum([16, *lengths])
    sheet, _, picture = (
        cv2.imdecode(np.frombuffer(data, np.uint8, length, start), cv2.IMREAD_COLOR_RGB).astype(float)
        for start, length in zip(starts[:-1], lengths, strict=True)
    )
    expected = read_upright(review.stored(FACES_A_PACK + 2), SIZE_PX, 1.3)
    assert float(np.abs(picture - expected).mean()) < 4
    assert sheet.shape == (PREVIEW_PX, PREVIEWS_A_ROW * PREVIEW_PX, 3)
    small = cv2.resize(expected, (PREVIEW_PX, PREVIEW_PX), interpolation=cv2.INTER_AREA)
    assert float(np.abs(sheet[:, PREVIEW_PX : 2 * PREVIEW_PX] - small).mean()) < 6
    files = list((review.folder / FOLDER).iterdir())
    assert len(files) == 1
    files[0].write_bytes(data[:-5])  # damaged: made anew
    assert review.thumbnails.pack(1) == data
    stored = review.stored(FACES_A_PACK + 1)
    stored.crop_path.unlink()  # what is there need not be made
    assert review.thumbnails.pack(1) == data
    files[0].unlink()
    assert struct.unpack_from("<4I", review.thumbnails.pack(1))[2] == 0
    review.make_thumbnails()
    assert len(list((review.folder / FOLDER).iterdir())) == 2
    review.close()


def test_coverage_is_that_of_the_command(tmp_path: Path) -> None:
    source = write_faceset(tmp_path / "anna", "a.mp4", [{}] * 30)
    away = [{"pose_deg": (-30.0, 20.0, 0.0), "mouth": 0.15}] * 20
    target = write_faceset(tmp_path / "bert", "b.mp4", [*[{}] * 30, *away])
    ours, theirs = Review(source), Review(target)
    found = compared(ours, theirs)
    command = coverage.run(CoverageConfig(source=source, target=target))
    assert found["pose"] == {
        **{name: getattr(command.pose, name) for name in ("yaw_edges_deg", "pitch_edges_deg")},
        **{name: getattr(command.pose, name) for name in ("source", "target", "missing", "missing_share")},
    }
    strips = {strip["key"]: strip for strip in found["strips"]}
    for measure in command.measures:
        if measure.key in ("mouth_open", "eye_open", "brow"):
            assert strips[measure.key]["source"] == measure.source_counts
            assert strips[measure.key]["missing"] == measure.missing
    theirs.reject(range(31, 51), "not good")
    assert compared(ours, theirs)["pose"]["missing_share"] == 0
    theirs.reject(range(1, 31), "not good")
    assert compared(ours, theirs)["pose"] is None
    ours.close()
    theirs.close()
