from dataclasses import replace

import numpy as np

from understudy.faces.people import TrackKey, TrackSummary, group_tracks


def vector(*values: float) -> np.ndarray:
    out = np.zeros(128, np.float32)
    out[: len(values)] = values
    return out


def summary(faces: int, *values: float) -> TrackSummary:
    return TrackSummary(faces=faces, identity=vector(*values) if values else None)


def test_no_tracks_are_no_people() -> None:
    assert group_tracks({}) == []


def test_near_vectors_are_one_person_and_far_ones_two() -> None:
    tracks = {
        (1, 0): summary(10, 0.0),
        (1, 1): summary(8, 1.0),
        (1, 2): summary(5, 0.1),
        (2, 0): summary(9, 1.1),
    }
    assert group_tracks(tracks) == [[(2, 0), (1, 1)], [(1, 0), (1, 2)]]


def test_whoever_is_seen_most_comes_first_although_in_short_tracks() -> None:
    tracks: dict[TrackKey, TrackSummary] = {(1, i): summary(4, 0.01 * i) for i in range(6)}
    tracks[1, 9] = summary(20, 5.0)
    people = group_tracks(tracks)
    assert [len(person) for person in people] == [6, 1]


def test_a_track_joins_the_nearest_of_several_people() -> None:
    tracks = {(1, 0): summary(10, 0.0), (1, 1): summary(9, 0.8), (1, 2): summary(1, 0.45)}
    assert group_tracks(tracks) == [[(1, 0)], [(1, 1), (1, 2)]]


def test_the_mean_moves_with_the_number_of_faces() -> None:
    # 0.55 joins 0.0 and draws its mean to 0.275; were every face not counted alike, 0.85 would stay out
    tracks = {(1, 0): summary(10, 0.0), (1, 1): summary(10, 0.55), (1, 2): summary(1, 0.85)}
    assert len(group_tracks(tracks)) == 1
    tracks[1, 0] = summary(1000, 0.0)
    assert len(group_tracks(tracks)) == 2


def test_a_track_without_a_vector_is_a_person_of_its_own() -> None:
    tracks = {(1, 0): summary(10), (1, 1): summary(9), (1, 2): summary(8, 0.0), (1, 3): summary(7, 0.1)}
    assert sorted(group_tracks(tracks)) == [[(1, 0)], [(1, 1)], [(1, 2), (1, 3)]]


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
        (1, 2): replace(summary(30, 0.2), frames=frozenset(range(99, 130))),
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
        (1, 2): replace(summary(9, 0.3), frames=frozenset(range(60, 69))),
        (1, 3): replace(summary(5, 0.2), frames=frozenset([65])),
    }
    assert group_tracks(tracks) == [[(1, 0), (1, 2)], [(1, 1), (1, 3)]]
