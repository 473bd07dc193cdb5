"""Which face of a track is picked for its identity vector."""

import numpy as np

from understudy.faces.best_chip import BestChips, ChosenFace


def picked(scores: dict[int, dict[int, float]], stretch: int = 40) -> tuple[list[tuple[int, int]], int]:
    """Frames and tracks picked of track -> frame -> score, frame by frame; and how many chips were cut."""
    chips = BestChips(stretch)
    cut: list[int] = []
    chosen: list[ChosenFace] = []
    for frame in sorted({frame for track in scores.values() for frame in track}):
        for track, faces in scores.items():
            if frame in faces:

                def chip(track: int = track) -> np.ndarray:
                    cut.append(track)
                    return np.full((2, 2, 3), track, np.uint8)

                ended = chips.offer(track, frame, 1000 * track + frame, faces[frame], chip)
                chosen += [ended] if ended else []
    chosen += chips.rest()
    assert all(one.chip[0, 0, 0] == one.position // 1000 for one in chosen)
    assert all(one.position % 1000 == one.frame_index for one in chosen)
    return [(one.frame_index, one.position // 1000) for one in chosen], len(cut)


def test_the_best_of_each_stretch_is_picked() -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(size=200)
    frames, cut = picked({1: dict(enumerate(scores.tolist()))})
    assert [frame for frame, _ in frames] == [40 * i + int(scores[40 * i :][:40].argmax()) for i in range(5)]
    assert cut < 60  # a chip is only cut for the best so far


def test_tracks_do_not_disturb_each_other_and_stretches_start_with_the_track() -> None:
    first = {frame: float(frame == 30) for frame in range(50)}
    second = {frame: float(frame == 60) for frame in range(25, 70)}
    both, _ = picked({1: first, 2: second})
    assert sorted(both, key=lambda one: one[1]) == [(30, 1), (40, 1), (60, 2), (65, 2)]
    for track, faces in ((1, first), (2, second)):
        alone, _ = picked({track: faces})
        assert alone == [one for one in both if one[1] == track]


def test_of_equal_faces_the_first_is_picked() -> None:
    assert picked({1: dict.fromkeys(range(10), 1.0)})[0] == [(0, 1)]


def test_every_stretch_has_one_where_few_frames_are_looked_at() -> None:
    assert picked({1: dict.fromkeys(range(0, 400, 100), 1.0)})[0] == [(f, 1) for f in range(0, 400, 100)]
