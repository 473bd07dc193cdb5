from dataclasses import replace

import dlib
import numpy as np
import pytest

import actors
from understudy.core.types import Frame
from understudy.faces.face import Face
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import SAME_PERSON_DISTANCE, Identifier, face_chip
from understudy.faces.weights import weights_path


@pytest.fixture(scope="module")
def identifier() -> Identifier:
    return Identifier()


@pytest.fixture(scope="module")
def other() -> list[tuple[Frame, Face]]:
    """A few frames of another actor."""
    frames = actors.frames_of("B_train", stop=60, step=20)
    return [(frame, faces[0]) for frame, faces in FaceFinder().stream(frames)]


def test_one_person_is_near_and_two_are_far(
    identifier: Identifier, performance: list[tuple[Frame, Face]], other: list[tuple[Frame, Face]]
) -> None:
    ours = np.stack([identifier.vector(frame.image, face) for frame, face in performance[::30]])
    theirs = np.stack([identifier.vector(frame.image, face) for frame, face in other])
    assert ours.dtype == np.float32
    assert ours.shape[1] == 128
    between = np.linalg.norm(ours[:, None] - theirs[None], axis=-1)
    within = np.linalg.norm(ours[:, None] - ours[None], axis=-1)
    assert within.max() < SAME_PERSON_DISTANCE
    assert between.min() > within.max()


def test_the_same_face_has_the_same_vector(
    identifier: Identifier, performance: list[tuple[Frame, Face]]
) -> None:
    frame, face = performance[0]
    flipped_view = np.asfortranarray(frame.image)  # another layout in memory, the same picture
    np.testing.assert_array_equal(identifier.vector(frame.image, face), identifier.vector(flipped_view, face))


def test_a_face_half_out_of_the_frame_still_has_one(
    identifier: Identifier, performance: list[tuple[Frame, Face]]
) -> None:
    frame, face = performance[0]
    cut_off = int(face.square.x_px)
    moved = replace(
        face,
        landmarks_px=face.landmarks_px - np.array([cut_off, 0, 0], np.float32),
        box_px=face.box_px - np.array([cut_off, 0, cut_off, 0], np.float32),
    )
    assert np.isfinite(identifier.vector(frame.image[:, cut_off:], moved)).all()


def test_vectors_are_close_to_those_of_dlib_itself(
    identifier: Identifier, performance: list[tuple[Frame, Face]], other: list[tuple[Frame, Face]]
) -> None:
    oracle = dlib.face_recognition_model_v1(str(weights_path("dlib_face_recognition_resnet_model_v1.dat")))
    for frame, face in [*performance[::30], *other]:
        # dlib takes whole pixels only, hence a part of the difference
        points = [dlib.point(*map(round, face.landmarks_px[n, :2].tolist())) for n in (263, 362, 33, 133, 2)]
        shape = dlib.full_object_detection(dlib.rectangle(0, 0, 9, 9), dlib.points(points))
        chip = dlib.get_face_chip(frame.image, shape, size=150, padding=0.25)
        theirs = np.array(oracle.compute_face_descriptor(chip))
        assert np.linalg.norm(identifier.vector(frame.image, face) - theirs) < 0.1


def test_a_profile_is_cut_as_dlib_cuts_it(performance: list[tuple[Frame, Face]]) -> None:
    # the template is of a frontal face and fits a profile badly: here the direction of the fit shows
    frame, face = performance[0]
    points = face.landmarks_px.copy()
    points[:, 0] = points[:, 0].mean() + 0.4 * (points[:, 0] - points[:, 0].mean())
    whole = points.round()
    shape = dlib.full_object_detection(
        dlib.rectangle(0, 0, 9, 9),
        dlib.points([dlib.point(*map(int, whole[n, :2])) for n in (263, 362, 33, 133, 2)]),
    )
    theirs = dlib.get_face_chip(frame.image, shape, size=150, padding=0.25)
    ours = face_chip(frame.image, replace(face, landmarks_px=whole), 150)
    inside = np.s_[20:-20, 20:-20]
    assert np.abs(ours[inside].astype(int) - theirs[inside]).mean() < 3
