"""Which imported faces follow one another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from measure.made_faces import made_face
from understudy.faces.face import Face
from understudy.faces.face_patch import Grey, face_patch
from understudy.workflows.import_tracks import ImportedTracks


def patch(seed: int, brightness: float = 1.0) -> Grey:
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), np.uint8)
    picture = np.kron(coarse, np.ones((8, 8, 1), np.uint8)) * brightness
    return face_patch(picture.astype(np.uint8), np.float32([[0.5, 0, -0.25], [0, 0.5, -0.25]]))


ANNA, BERT = patch(1), patch(2)


def at(x_px: float, side_px: float = 100) -> Face:
    face = made_face()
    return replace(face, square=replace(face.square, x_px=x_px, side_px=side_px))


def test_a_face_is_followed_while_it_moves_little() -> None:
    tracks = ImportedTracks(largest_gap=1, first=7)
    assert tracks.follow(0, [(at(100), ANNA)]) == [7]
    assert tracks.follow(1, [(at(140), ANNA)]) == [7]
    assert tracks.follow(2, [(at(200), ANNA)]) == [8]  # too far
    assert tracks.follow(3, [(at(200, side_px=150), ANNA)]) == [9]  # too large
    assert tracks.follow(5, [(at(200, side_px=150), ANNA)]) == [10]  # after a gap
    assert tracks.next == 11


def test_gaps_as_usual_in_the_footage_are_none() -> None:
    tracks = ImportedTracks(largest_gap=5)
    assert [tracks.follow(index, [(at(100), ANNA)]) for index in (0, 5, 10, 16)] == [[0], [0], [0], [1]]


def test_two_people_keep_their_tracks_whatever_their_order() -> None:
    tracks = ImportedTracks(largest_gap=1)
    assert tracks.follow(0, [(at(100), ANNA), (at(300), BERT)]) == [0, 1]
    assert tracks.follow(1, [(at(300), BERT), (at(100), ANNA)]) == [1, 0]
    assert tracks.follow(2, [(at(100), ANNA), (at(101), ANNA)]) == [0, 2]  # one face is one track's


def test_at_a_cut_another_person_in_the_same_place_is_another_track() -> None:
    tracks = ImportedTracks(largest_gap=1)
    assert tracks.follow(0, [(at(100), ANNA)]) == [0]
    assert tracks.follow(1, [(at(100), patch(1, brightness=0.7))]) == [0]
    assert tracks.follow(2, [(at(100), BERT)]) == [1]


def test_in_the_dark_a_face_is_followed_by_its_place() -> None:
    tracks = ImportedTracks(largest_gap=1)
    assert tracks.follow(0, [(at(100), patch(1, brightness=0.004))]) == [0]
    assert tracks.follow(1, [(at(110), patch(2, brightness=0.004))]) == [0]
