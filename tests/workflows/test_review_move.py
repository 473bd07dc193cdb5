"""Faces moved from one faceset to another: none is lost, none doubled, and all of it can be taken back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from made_facesets import write_faceset
from understudy.core.errors import ConfigError, FacesetError
from understudy.faces.faceset import Faceset
from understudy.faces.stored_crop import decode_crop
from understudy.workflows.extract_people import ANOTHER_PERSON
from understudy.workflows.review import Review
from understudy.workflows.review_face import draw_mask
from understudy.workflows.review_move import move_out, settle

_LOOKS = [{"mouth": 0.02 * i} for i in range(6)]
_KILLED = """
import os, signal, sys
from pathlib import Path
from understudy.faces import faceset_moved, faceset_review
from understudy.workflows.review import Review
from understudy.workflows.review_move import move_out, settle

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

anna, bert = Review(Path(sys.argv[1])), Review(Path(sys.argv[2]))
if sys.argv[3] == "between":
    faceset_review.ReviewedFaceset.take_in = killed
else:
    faceset_moved.decide = killed  # in the middle of what the other faceset writes
move_out(anna, [2, 3, 4], bert)
settle(anna, lambda folder: bert)
"""


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    anna = write_faceset(tmp_path / "anna.faceset", "a.mp4", _LOOKS, vector=np.zeros(128, np.float32))
    return anna, write_faceset(tmp_path / "bert.faceset", "b.mp4", [{}] * 3)


@pytest.fixture
def reviews(folders: tuple[Path, Path]) -> Iterator[tuple[Review, Review]]:
    anna, bert = map(Review, folders)
    yield anna, bert
    anna.close()
    bert.close()


def among(*reviews: Review) -> Callable[[Path], Review | None]:
    known = {one.folder: one for one in reviews}
    return known.get


def kept(folder: Path) -> list[tuple[int, int]]:
    """Footage, as its digest, and frame of each kept face."""
    with Faceset.open(folder) as faceset:
        sources = {one.state.id: int(one.record.sha256, 16) for one in faceset.sources()}
        return sorted((sources[face.source_id], face.frame_index) for face in faceset.faces())


def moved(reviews: tuple[Review, Review], faces: list[int]) -> None:
    move_out(reviews[0], faces, reviews[1])
    settle(reviews[0], among(*reviews))


def test_a_moved_face_has_all_that_it_had(folders: tuple[Path, Path], reviews: tuple[Review, Review]) -> None:
    anna, bert = reviews
    mask = np.zeros((anna.stored(2).crop_size_px,) * 2, np.uint8)
    mask[:20] = 255
    draw_mask(anna, 2, cv2.imencode(".png", mask)[1].tobytes())
    before = {face: anna.stored(face) for face in (2, 3)}
    changed = move_out(anna, [2, 3], bert)
    assert changed.said == "Moved 2 faces to the faceset bert."
    assert changed.reasons == ["moved to bert"] * 2
    settle(anna, among(*reviews))
    with Faceset.open(folders[1]) as faceset:
        arrived = [face for face in faceset.faces() if face.id > 3]
        assert faceset.problems() == []
        assert [source.state.done for source in faceset.sources()] == [True, False]
    assert [face.frame_index for face in arrived] == [1, 2]
    for old, new in zip(before.values(), arrived, strict=True):
        np.testing.assert_array_equal(decode_crop(new), decode_crop(old))
        np.testing.assert_array_equal(new.face.landmarks_px, old.face.landmarks_px)
        np.testing.assert_array_equal(new.face.identity, old.face.identity)
        assert (new.face.quality, new.time_s, new.square) == (old.face.quality, old.time_s, old.square)
    masks = [face.mask_path for face in arrived]
    assert masks[1] is None
    assert masks[0] is not None
    assert masks[0].read_bytes() == (before[2].mask_path or Path()).read_bytes()
    assert set(bert.table.people(bert.states)[3:]) == {bert.own_person()}


def test_what_is_taken_back_is_back_and_what_is_done_again_is_not_there_twice(
    folders: tuple[Path, Path], reviews: tuple[Review, Review]
) -> None:
    anna, bert = reviews
    at_first = [kept(folder) for folder in folders]
    moved(reviews, [2, 3])
    then = [kept(folder) for folder in folders]
    assert sorted(then[0] + then[1]) == sorted(at_first[0] + at_first[1])
    assert len(then[1]) == 5
    for _ in range(2):
        anna.undo()
        settle(anna, among(*reviews))
        assert [kept(folder) for folder in folders] == at_first
        assert bert.states.reasons[3:] == ["moved back to anna"] * 2
        anna.redo()
        settle(anna, among(*reviews))
        settle(anna, among(*reviews))
        assert [kept(folder) for folder in folders] == then
    assert (len(bert.states.kept), bert.steps()) == (5, (0, 0))
    anna.keep([2])  # comes back by that, too
    settle(anna, among(*reviews))
    assert [len(kept(folder)) for folder in folders] == [5, 4]


def test_what_is_decided_there_stays(reviews: tuple[Review, Review]) -> None:
    anna, bert = reviews
    moved(reviews, [2, 3])
    bert.reject([4], "too blurred")
    settle(anna, among(*reviews))
    assert bert.states.reasons[3:] == ["too blurred", ""]


def test_a_face_can_be_moved_on_and_home_again(
    folders: tuple[Path, Path], reviews: tuple[Review, Review], tmp_path: Path
) -> None:
    anna, bert = reviews
    at_first = kept(folders[0])
    moved(reviews, [2])
    moved((bert, anna), [4])
    settle(anna, among(*reviews))
    assert kept(folders[0]) == at_first
    assert len(kept(folders[1])) == 3
    assert len(anna.states.kept) == len(at_first)
    cora = Review(write_faceset(tmp_path / "cora.faceset", "c.mp4", [{}] * 2))
    moved(reviews, [2])
    move_out(bert, [4], cora)
    settle(bert, among(anna, bert, cora))
    settle(anna, among(anna, bert, cora))
    assert [len(kept(one)) for one in (*folders, cora.folder)] == [5, 3, 3]
    cora.close()


def test_why_a_face_was_rejected_goes_with_it_unless_that_was_whose_it_is(
    reviews: tuple[Review, Review],
) -> None:
    anna, bert = reviews
    anna.reject([2], ANOTHER_PERSON)
    anna.reject([3], "too blurred")
    moved(reviews, [2, 3])
    assert bert.states.reasons[3:] == ["", "too blurred"]
    assert bert.states.kept[3:].tolist() == [True, False]


@pytest.mark.parametrize("when", ["between", "within"])
def test_killed_between_both_facesets_nothing_is_lost_and_nothing_doubled(
    folders: tuple[Path, Path], when: str
) -> None:
    at_first = [kept(folder) for folder in folders]
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, *map(str, folders), when], env=os.environ, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert [kept(folder) for folder in folders] == [[at_first[0][0], *at_first[0][4:]], at_first[1]]
    anna, bert = map(Review, folders)
    settle(anna, among(anna, bert))
    after = [kept(folder) for folder in folders]
    assert sorted(after[0] + after[1]) == sorted(at_first[0] + at_first[1])
    assert len(after[1]) == 6
    anna.undo()
    settle(anna, among(anna, bert))
    assert [kept(folder) for folder in folders] == at_first
    anna.close()
    bert.close()


def test_a_face_that_both_hold_is_not_there_twice(tmp_path: Path) -> None:
    folders = [write_faceset(tmp_path / f"{name}.faceset", "a.mp4", _LOOKS) for name in ("anna", "bert")]
    with Faceset.open(folders[1]) as faceset:
        faceset.set_state([2, 3], "rejected", ANOTHER_PERSON, "extract")
    anna, bert = map(Review, folders)
    move_out(anna, [5], bert)
    anna.undo()  # before the other one has heard of it
    moved((anna, bert), [2])
    assert len(bert.states.kept) == 6
    assert bert.states.reasons == ["", "", ANOTHER_PERSON, "", "", ""]
    anna.close()
    bert.close()


def test_where_a_face_cannot_go_it_stays(reviews: tuple[Review, Review], tmp_path: Path) -> None:
    anna, bert = reviews
    with pytest.raises(ConfigError, match="same faceset"):
        move_out(anna, [2], anna)
    with bert.held() as faceset:  # its own extraction of that footage is under way
        faceset.append(faceset.begin_source(anna.source_of(1)).id, [], 3)
    with pytest.raises(FacesetError, match="does not hold all faces"):
        move_out(anna, [2], bert)
    assert anna.states.kept.all()
    # a faceset may come from a stranger, and name any folder: only those of the production are opened
    anna.decide([], [], "")
    asked: list[Path] = []
    settle(anna, lambda folder: asked.append(folder))  # type: ignore[func-returns-value]
    assert asked == []
