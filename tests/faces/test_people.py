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
