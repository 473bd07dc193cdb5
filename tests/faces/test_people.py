"""Who is who: chosen tracks, sets with the statistics of real and rendered people, and these themselves."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from footage import beside
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import Identifier
from understudy.faces.people import TrackKey, TrackSummary, group_tracks
from understudy.media.reader import VideoReader


def summary(faces: int, *places: float) -> TrackSummary:
    """A track with a vector at each place on one line."""
    vectors = np.zeros((len(places), 128), np.float32)
    vectors[:, 0] = places
    return TrackSummary(faces=faces, vectors=vectors)


def test_no_tracks_are_no_people() -> None:
    assert group_tracks({}) == []


def test_near_vectors_are_one_person_and_far_ones_two() -> None:
    tracks = {
        (1, 0): summary(10, 0.0),
        (1, 1): summary(8, 1.0),
        (1, 2): summary(5, 0.1),
        (2, 0): summary(9, 1.1),
    }
    assert group_tracks(tracks) == [[(1, 1), (2, 0)], [(1, 0), (1, 2)]]


def test_whoever_is_seen_most_comes_first_although_in_short_tracks() -> None:
    tracks: dict[TrackKey, TrackSummary] = {(1, i): summary(4, 0.01 * i) for i in range(6)}
    tracks[1, 9] = summary(20, 5.0)
    people = group_tracks(tracks)
    assert [len(person) for person in people] == [6, 1]


def test_a_track_joins_the_nearest_of_several_people() -> None:
    tracks = {(1, 0): summary(10, 0.0), (1, 1): summary(9, 0.7), (1, 2): summary(1, 0.38)}
    assert group_tracks(tracks) == [[(1, 0)], [(1, 1), (1, 2)]]


def test_it_is_the_distance_of_faces_that_counts_not_that_of_means() -> None:
    # means 0.36 apart would be one person; their faces are 0.52 apart, as those of two people
    wide = [(1, 0), (1, 1)]
    tracks = dict(zip(wide, (summary(9, -0.26, 0.26), summary(8, 0.1, 0.62)), strict=True))
    assert group_tracks(tracks) == [[(1, 0)], [(1, 1)]]
    tracks = {(1, 0): summary(9, 0.0), (1, 1): summary(8, 0.36)}
    assert group_tracks(tracks) == [wide]


def test_the_threshold_lies_in_the_gap_of_the_set() -> None:
    # 0.45 apart: two people in this set, and one where people vary more
    first = {(1, 0): summary(10, 0.0), (1, 1): summary(9, 0.45)}
    assert group_tracks(first) == [[(1, 0)], [(1, 1)]]
    varying = {(2, 0): summary(8, 5.0), (2, 1): summary(7, 5.39)}
    assert group_tracks(first | varying) == [[(1, 0), (1, 1)], [(2, 0), (2, 1)]]
    # two again, as two faces of a frame are no farther apart
    strangers = {(3, i): replace(summary(6 - i, 9 + 0.42 * i), frames=frozenset([3])) for i in (0, 1)}
    people = group_tracks(first | varying | strangers)
    assert people == [[(2, 0), (2, 1)], [(1, 0)], [(1, 1)], [(3, 0)], [(3, 1)]]


def test_a_grimace_goes_to_whom_it_is_near_if_nobody_else_is() -> None:
    many, known = (0.0, 0.01, 0.02), (1, 0)
    others = {(2, i): summary(9, *(5.0 + i + 0.3 * k for k in range(4))) for i in range(3)}
    grimace = {(1, 1): summary(1, 0.47)}
    base = group_tracks({known: summary(10, *many)} | others)
    assert len(base) == 4

    def joins(more: dict[TrackKey, TrackSummary]) -> bool:
        people = group_tracks({known: summary(10, *many)} | others | more)
        return any({known, (1, 1)} <= set(person) for person in people)

    assert joins(grimace)
    assert not joins({(1, 1): summary(1, 0.52)})  # as far as a stranger
    assert not joins({(1, 1): summary(9, 0.45, 0.46, 0.48)})  # somebody of whom more is known
    assert not joins(grimace | {(3, 0): summary(8, 0.99, 1.0, 1.01)})  # somebody else is about as near
    # two of one frame are two people, so that only one of them can be hers
    pair = {(4, i): replace(summary(1, 0.46 + 0.01 * i), frames=frozenset([3])) for i in (0, 1)}
    people = group_tracks({known: summary(10, *many)} | others | pair)
    assert not any({(4, 0), (4, 1)} <= set(person) for person in people)
    together = {(1, 1): replace(grimace[1, 1], frames=frozenset([7]))}
    tracks = {known: replace(summary(10, *many), frames=frozenset([7]))} | others | together
    assert not any({known, (1, 1)} <= set(person) for person in group_tracks(tracks))


def test_a_track_without_a_vector_is_a_person_of_its_own() -> None:
    tracks = {(1, 0): summary(10), (1, 1): summary(9), (1, 2): summary(8, 0.0), (1, 3): summary(7, 0.1)}
    assert group_tracks(tracks) == [[(1, 2), (1, 3)], [(1, 0)], [(1, 1)]]


def test_the_order_of_the_tracks_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    tracks = {(1, i): summary(int(rng.integers(1, 9)), *rng.normal(0, 0.3, 3)) for i in range(30)}
    turned = dict(reversed(list(tracks.items())))
    assert group_tracks(tracks) == group_tracks(turned)


def test_two_faces_of_one_frame_are_two_people_however_alike() -> None:
    both = frozenset(range(50))
    tracks = {
        (1, 0): replace(summary(50, 0.0), frames=both),
        (1, 1): replace(summary(40, 0.1), frames=frozenset(range(49, 99))),
        (1, 2): replace(summary(30, 0.15), frames=frozenset(range(99, 130))),
    }
    assert group_tracks(tracks) == [[(1, 1), (1, 2)], [(1, 0)]]


def test_a_track_that_runs_in_anothers_gaps_may_be_the_same_person() -> None:
    gaps = frozenset([*range(10), *range(20, 30)])
    tracks = {
        (1, 0): replace(summary(20, 0.0), frames=gaps),
        (1, 1): replace(summary(10, 0.1), frames=frozenset(range(10, 20))),
    }
    assert group_tracks(tracks) == [[(1, 0), (1, 1)]]


def test_frames_of_different_sources_are_different_moments() -> None:
    same = frozenset(range(10))
    tracks = {(i, 0): replace(summary(10, 0.1 * i), frames=same) for i in (1, 2)}
    assert len(group_tracks(tracks)) == 1


def test_a_track_shut_out_of_the_nearest_person_joins_the_next() -> None:
    tracks = {
        (1, 0): replace(summary(50, 0.0), frames=frozenset(range(50))),
        (1, 1): replace(summary(40, 0.7), frames=frozenset(range(50))),
        (1, 2): replace(summary(9, 0.34), frames=frozenset(range(60, 69))),
        (1, 3): replace(summary(5, 0.2), frames=frozenset([65])),
    }
    assert group_tracks(tracks) == [[(1, 0), (1, 3)], [(1, 1), (1, 2)]]


# ---- many people ----


def drawn(people: int, faces: int, *, within: float, between: float, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Vectors and their people, by root mean square distances; each varies most in some directions."""
    rng = np.random.default_rng(seed)

    def directions(distance: float) -> np.ndarray:
        strength = 1 / (np.arange(128) + 3.0)
        turn = np.linalg.qr(rng.normal(size=(128, 128)))[0]
        return turn * np.sqrt(strength / strength.sum() * distance**2 / 2)

    centres = rng.normal(size=(people, 128)) @ directions(between).T
    who = np.repeat(np.arange(people), faces)
    vectors = centres[who] + rng.normal(size=(len(who), 128)) @ directions(within).T
    return vectors.astype(np.float32), who


def grouped(vectors: np.ndarray, who: np.ndarray) -> tuple[float, float, int]:
    """Purity, share of the people with nine tenths of their faces in one group, and how many groups."""
    tracks = {(i, 0): TrackSummary(faces=1, vectors=vectors[i : i + 1]) for i in range(len(who))}
    groups = [[who[source] for source, _ in group] for group in group_tracks(tracks)]
    pure = sum(np.bincount(group).max() for group in groups) / len(who)
    counts = np.array([np.bincount(group, minlength=who.max() + 1) for group in groups])
    together = np.mean(counts.max(axis=0) >= 0.9 * counts.sum(axis=0))
    return float(pure), float(together), len(groups)


@pytest.mark.parametrize("people", [1, 2, 5, 14])
def test_people_as_far_apart_as_real_ones_are_told_apart_exactly(people: int) -> None:
    assert grouped(*drawn(people, 9, within=0.25, between=0.72)) == (1.0, 1.0, people)


def test_people_as_close_as_rendered_ones_are_told_apart() -> None:
    # as the rendered crowd: no threshold on the distances themselves does it
    pure, together, groups = grouped(*drawn(60, 16, within=0.36, between=0.42))
    assert pure >= 0.95
    assert together >= 0.9
    assert abs(groups - 60) <= 3


def test_nobody_is_twice_in_a_frame_where_many_are_alike() -> None:
    vectors, who = drawn(40, 16, within=0.36, between=0.42)
    # people come in pairs, always seen together
    frames = [frozenset([16 * (person // 2) + i % 16]) for i, person in enumerate(who)]
    tracks = {
        (0, i): TrackSummary(faces=1, vectors=vectors[i : i + 1], frames=frames[i]) for i in range(len(who))
    }
    groups = group_tracks(tracks)
    for group in groups:
        seen = [frame for key in group for frame in tracks[key].frames]
        assert len(set(seen)) == len(seen)
    assert sum(np.bincount([who[i] for _, i in group]).max() for group in groups) >= 0.95 * len(who)
    assert abs(len(groups) - 40) <= 3


# ---- footage that lies beside the project ----

_REAL = [f"data/video/expressive/{name}.mp4" for name in ("d9", "d13", "d14")]
_REAL += ["data/video/nvidia_eyecontact/sample_transactional.mp4"]  # of the 14 people, those most alike


def groups_of(clips: list[Path], stop: int, step: int) -> tuple[float, float, int]:
    """Purity, people together and groups of single faces, each clip one person."""
    finder, identifier = FaceFinder(), Identifier()
    vectors: list[np.ndarray] = []
    who: list[int] = []
    for number, clip in enumerate(clips):
        with VideoReader(clip) as reader:
            for frame in islice(reader, 0, stop, step):
                [(_, [face])] = finder.stream([frame])
                vectors.append(identifier.vector(frame.image, face))
                who.append(number)
    return grouped(np.stack(vectors), np.array(who))


def test_real_people_who_look_alike_are_told_apart() -> None:
    assert groups_of([beside(clip) for clip in _REAL], 60, 10) == (1, 1, len(_REAL))


def test_rendered_people_are_told_apart() -> None:
    clips = sorted(beside("synthetic/crowd").glob("*.mp4"))[::8]
    pure, together, groups = groups_of(clips, 16, 1)
    assert pure >= 0.95
    assert together >= 0.9
    assert abs(groups - len(clips)) <= 1
