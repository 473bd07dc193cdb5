"""Steps of a review: each taken back and done again, in order; and all faces at once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from made_facesets import write_faceset
from understudy.core.errors import FacesetError
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_decisions import Edit, StateChange
from understudy.faces.faceset_review import ReviewedFaceset


@pytest.fixture
def faceset(tmp_path: Path):
    folder = write_faceset(tmp_path / "anna", "a.mp4", [{"mouth": i / 50} for i in range(6)])
    write_faceset(folder, "b.mp4", [{"mouth": 0.1}] * 3, track=4)
    with ReviewedFaceset(folder) as opened:
        yield opened


def rejected(*faces: int, reason: str = "blurred") -> list[StateChange]:
    return [StateChange(face_id=face, state="rejected", reason=reason) for face in faces]


def named(*faces: int, person: str | None) -> list[Edit]:
    return [Edit(face_id=face, what="person", value=person) for face in faces]


def now(faceset: ReviewedFaceset) -> tuple[list[bool], list[str], dict[int, str]]:
    states = faceset.states()
    return states.kept.tolist(), states.reasons, dict(states.people)


def test_any_number_of_steps_is_taken_back_and_done_again(faceset: ReviewedFaceset) -> None:
    seen = [now(faceset)]
    made = [
        (rejected(1, 2), ()),
        ((), named(2, 3, person="Zoë")),
        (rejected(2, 4, reason="hidden"), named(2, person="Bo")),
        ([StateChange(face_id=1, state="kept", reason="")], ()),
    ]
    for states, edits in made:
        assert faceset.decide(states, edits, "me")
        seen.append(now(faceset))
    assert len({str(one) for one in seen}) == len(seen)
    for _ in range(2):  # there and back, and again
        for before in reversed(seen[:-1]):
            assert faceset.undo("me")
            assert now(faceset) == before
        assert (faceset.undo("me"), faceset.steps()) == ([], (0, 4))
        for after in seen[1:]:
            assert faceset.redo("me")
            assert now(faceset) == after
        assert (faceset.redo("me"), faceset.steps()) == ([], (4, 0))


def test_what_was_taken_back_is_gone_once_something_else_is_decided(faceset: ReviewedFaceset) -> None:
    faceset.decide(rejected(1), (), "me")
    faceset.decide(rejected(2), (), "me")
    assert faceset.undo("me") == [2]
    faceset.decide((), named(3, person="Zoë"), "me")
    assert faceset.redo("me") == []
    assert faceset.steps() == (2, 0)
    assert [faceset.undo("me"), faceset.undo("me"), faceset.undo("me")] == [[3], [1], []]


def test_only_ones_own_steps_are_taken_back(faceset: ReviewedFaceset) -> None:
    faceset.decide(rejected(1), (), "extract")
    faceset.decide(rejected(2), (), "me")
    faceset.decide(rejected(3), (), "extract")
    assert faceset.undo("me", only_by="me") == [2]
    assert faceset.undo("me", only_by="me") == []
    assert now(faceset)[0][:4] == [False, True, False, True]
    assert faceset.redo("me", only_by="me") == [2]


def test_a_step_that_fails_changes_nothing(faceset: ReviewedFaceset) -> None:
    before = now(faceset)
    with pytest.raises(ValueError, match="no face 99"):
        faceset.decide(rejected(1), named(2, 99, person="Zoë"), "me")
    assert now(faceset) == before
    assert faceset.decisions() == []
    assert faceset.decide([StateChange(face_id=1, state="kept", reason="")], (), "me") == []
    assert faceset.decisions() == []


def test_an_undo_that_finds_everything_as_it_was_is_no_trap(faceset: ReviewedFaceset) -> None:
    faceset.decide(rejected(1), (), "me")
    faceset.decide([StateChange(face_id=1, state="kept", reason="")], (), "somebody")
    assert faceset.undo("me", only_by="me") == []  # it is kept already
    assert faceset.steps("me") == (0, 1)


def test_the_history_says_who_did_what(faceset: ReviewedFaceset) -> None:
    faceset.decide(rejected(1, 2), (), "me")
    faceset.decide(rejected(3, reason="another person"), named(3, person="Zoë"), "you")
    faceset.undo("me")
    last, second, first = faceset.decisions()
    assert (first.faces, first.what, first.value, first.by, first.undoes) == (
        2,
        "rejected",
        "blurred",
        "me",
        None,
    )
    assert (second.faces, second.what, second.value, second.by) == (1, "person", "Zoë", "you")
    assert (last.undoes, last.by) == (second.number, "me")
    assert [one.number for one in faceset.decisions(2)] == [3, 2]


def test_columns_are_the_faces(faceset: ReviewedFaceset) -> None:
    faceset.decide(rejected(2, reason="hidden"), (), "me")
    columns, states = faceset.columns(("sharpness",)), faceset.states()
    tracks = {track.id: track for track in faceset.track_rows()}
    faces = sorted(faceset.faces(None), key=lambda face: face.id)
    assert columns.ids.tolist() == [face.id for face in faces]
    for row, face in enumerate(faces):
        assert columns.frame_index[row] == face.frame_index
        assert columns.time_s[row] == pytest.approx(float(face.time_s))
        assert (columns.source[row], tracks[columns.track[row]].number) == (face.source_id, face.track)
        assert columns.crops[row] == face.crop_path.name
        assert columns.places["yaw_deg"][row] == face.face.pose_deg[0]
        assert columns.places["square_side_px"][row] == pytest.approx(face.square.side_px)
        np.testing.assert_array_equal(columns.crops_from_frame[row], face.crop_from_frame)
        assert (bool(states.kept[row]), states.reasons[row]) == (face.state == "kept", face.reason)
    assert np.isnan(columns.quality["sharpness"]).all()  # these have none


def test_figures_stand_with_their_faces(faceset: ReviewedFaceset) -> None:
    db = sqlite3.connect(faceset.folder / "faces.sqlite")
    db.executemany("INSERT INTO quality VALUES (?, ?, ?)", [(7, "b", 2.5), (2, "a", 1.0), (7, "a", 4.0)])
    db.commit()
    db.close()
    quality = faceset.columns(("a", "b", "c")).quality
    assert [quality["a"][i] for i in (1, 6)] == [1.0, 4.0]
    assert quality["b"][6] == 2.5
    assert [int(np.isfinite(quality[name]).sum()) for name in "abc"] == [2, 1, 0]


def test_who_does_not_know_of_edits_reads_the_faceset_as_before(faceset: ReviewedFaceset) -> None:
    digest = faceset.digest()
    faceset.decide((), named(1, person="Zoë"), "me")
    faceset.close()
    with Faceset.open(faceset.folder) as plain:
        assert plain.digest() == digest
        assert plain.undo_last_review() == 1
    with ReviewedFaceset(faceset.folder) as again:
        assert again.states().people == {}


def test_edits_of_a_stranger_are_told_as_damage(faceset: ReviewedFaceset) -> None:
    faceset.decide((), named(1, person="Zoë"), "me")
    db = sqlite3.connect(faceset.folder / "faces.sqlite")
    db.execute("DROP TABLE edits")
    db.execute("CREATE TABLE edits (id INTEGER PRIMARY KEY, decision TEXT NOT NULL) STRICT")
    db.commit()
    db.close()
    with pytest.raises(FacesetError):
        faceset.undo("me")
