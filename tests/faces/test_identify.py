from dataclasses import replace

import numpy as np
import pytest

import actors
from understudy.core.types import Frame
from understudy.faces.face import Face
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import SAME_PERSON_DISTANCE, Identifier


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
