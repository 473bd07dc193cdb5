"""Which faces of real footage are found, against labels made by eye."""

import numpy as np
import pytest

from faces.visible_faces import LabelledClip, clips_below, labelled_clips, look, tally
from footage import beside
from understudy.faces.finder import FaceFinder


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder()


@pytest.mark.parametrize("clip", labelled_clips(), ids=lambda clip: clip.name)
def test_the_faces_that_a_person_sees_are_found_and_no_others(clip: LabelledClip, finder: FaceFinder) -> None:
    beside(f"data/{clip.name}")
    seen = look(clip, beside("data"), finder, quick=True)
    assert seen.frontal_found >= 0.99 * seen.frontal, seen
    assert seen.hard_found >= 0.9 * seen.hard, seen
    assert seen.false_faces <= 0.005 * seen.frames, seen


def test_every_clip_is_labelled_on_twenty_frames_or_all() -> None:
    clips = {clip.name: clip for clip in labelled_clips()}
    assert set(clips_below(beside("data"))) == set(clips)
    for clip in clips.values():
        assert len(clip.frames) >= 20 or clip.frames == range(clip.frames.stop), clip.name
        assert clip.frames.step % clip.every == 0, clip.name  # the quick measurement sees them, too
        assert clip.until == clip.frames.stop or clip.until // clip.frames.step >= 20, clip.name


# --- the count itself ---


def clip(**record: object) -> LabelledClip:
    faces = [{"boxes": {"0": [0.1, 0.2, 0.2, 0.4], "10": [0.3, 0.2, 0.4, 0.4]}, "hard": [[4, 6]]}]
    return LabelledClip(
        name="made", frames=range(0, 10, 2), every=1, until=10, record={"faces": faces, **record}
    )


def boxes(*rows: tuple[float, float, float, float]) -> list[np.ndarray]:
    return [np.array(row) for row in rows]


def test_a_moving_face_is_expected_on_its_way_and_counted_by_its_kind() -> None:
    seen = {frame: boxes((0.1 + 0.02 * frame, 0.2, 0.2 + 0.02 * frame, 0.4)) for frame in range(10)}
    count = tally(clip(), seen, aspect=2.0)
    assert (count.frontal, count.frontal_found, count.hard, count.hard_found) == (3, 3, 2, 2)
    assert (count.frames, count.false_faces) == (10, 0)


def test_a_face_elsewhere_is_a_miss_and_a_false_face() -> None:
    count = tally(clip(), {2: boxes((0.7, 0.2, 0.8, 0.4)), 4: []}, aspect=2.0)
    assert (count.frontal_found, count.hard_found, count.false_faces) == (0, 0, 1)
    assert (count.missed, count.wrong) == ([2, 4], [2])


@pytest.mark.parametrize("factor", [0.4, 2.5])
def test_a_box_of_another_size_is_another_thing(factor: float) -> None:
    half_x, half_y = 0.05 * factor, 0.1 * factor
    count = tally(clip(), {0: boxes((0.15 - half_x, 0.3 - half_y, 0.15 + half_x, 0.3 + half_y))}, aspect=2.0)
    assert (count.frontal_found, count.false_faces) == (0, 1)


def test_two_boxes_on_one_face_are_one_too_many() -> None:
    box = (0.1, 0.2, 0.2, 0.4)
    assert tally(clip(), {0: boxes(box, box)}, aspect=2.0).false_faces == 1


def test_what_nobody_could_use_counts_neither_way() -> None:
    seen = {0: boxes((0.1, 0.2, 0.2, 0.4), (0.8, 0.8, 0.85, 0.9))}
    count = tally(clip(ignore=[[0.75, 0.75, 0.95, 0.95]]), seen, aspect=2.0)
    assert (count.frontal_found, count.false_faces) == (1, 0)


def test_nobody_is_expected_before_and_after_a_face_is_there() -> None:
    face = {"boxes": {"0": [0.1, 0.2, 0.2, 0.4]}, "from": 2, "to": 3}
    seen = {frame: boxes((0.1, 0.2, 0.2, 0.4)) for frame in (0, 2, 4)}
    count = tally(clip(faces=[face]), seen, aspect=2.0)
    assert (count.frontal, count.frontal_found, count.false_faces) == (1, 1, 2)
