"""The real networks on faces that are hard to find, made from the clips that the package ships."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

import actors
from understudy.core.types import Frame, Image
from understudy.faces.face import Face
from understudy.faces.finder import FaceFinder

FRAMES = 20


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder()


@pytest.fixture(scope="module")
def actor() -> list[Image]:
    return [frame.image for frame in actors.frames_of("A_testA", stop=FRAMES)]


def found_in(finder: FaceFinder, images: list[Image]) -> list[list[Face]]:
    frames = [
        Frame(index=i, pts=i, time_base=Fraction(1, 25), image=np.ascontiguousarray(image))
        for i, image in enumerate(images)
    ]
    return [faces for _, faces in finder.stream(frames)]


def far_away(image: Image, side_px: int, x: int, y: int) -> Image:
    """The picture, `side_px` wide, in a 1280 x 720 frame."""
    frame = np.full((720, 1280, 3), 110, np.uint8)
    small = cv2.resize(image, (side_px, side_px), interpolation=cv2.INTER_AREA)
    frame[y : y + side_px, x : x + side_px] = small
    return frame


@pytest.mark.parametrize("side_px", [40, 56, 80])
def test_a_far_face_is_found_at_once_and_followed(
    finder: FaceFinder, actor: list[Image], side_px: int
) -> None:
    found = found_in(finder, [far_away(image, side_px, 900 + i, 300) for i, image in enumerate(actor)])
    assert [len(faces) for faces in found] == [1] * FRAMES
    assert {face.track for faces in found for face in faces} == {0}
    for i, (face,) in enumerate(found):
        middle = face.box_px.reshape(2, 2).mean(axis=0)
        assert np.abs(middle - [900 + i + side_px / 2, 300 + side_px / 2]).max() < 0.3 * side_px


def test_two_far_faces_are_two(finder: FaceFinder, actor: list[Image]) -> None:
    frames = [np.maximum(far_away(i, 56, 200, 500), far_away(i, 80, 1000, 80)) for i in actor[:5]]
    assert [len(faces) for faces in found_in(finder, frames)] == [2] * 5


def test_a_far_face_that_comes_into_an_empty_shot_is_found_soon(
    finder: FaceFinder, actor: list[Image]
) -> None:
    empty = np.full((720, 1280, 3), 110, np.uint8)
    frames = [empty] * 5 + [far_away(actor[0], 56, 700, 300)] * 45
    counts = [len(faces) for faces in found_in(finder, frames)]
    assert counts[:5] == [0] * 5
    assert counts[35:] == [1] * 15


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_footage_that_lies_on_its_side_or_head_has_faces_too(
    finder: FaceFinder, actor: list[Image], turns: int
) -> None:
    found = found_in(finder, [np.rot90(image, turns) for image in actor])
    assert [len(faces) for faces in found] == [1] * FRAMES
    rolls = np.array([faces[0].pose_deg[2] for faces in found])
    upright = np.array([f[0].pose_deg[2] for f in found_in(finder, actor)])
    off = (rolls - upright + 90 * turns + 180) % 360 - 180
    assert np.abs(off).max() < 15


def test_what_is_no_face_is_none(finder: FaceFinder) -> None:
    rng = np.random.default_rng(0)
    frames: list[Image] = []
    for i in range(30):
        blots = rng.integers(0, 255, (9, 16, 3)).astype(np.uint8)
        size = (640, 360)
        frames.append(np.asarray(cv2.resize(blots, size, interpolation=cv2.INTER_CUBIC), np.uint8))
        frames.append(np.asarray(rng.integers(0, 255, (360, 640, 3)), np.uint8) if i % 5 == 0 else frames[-1])
    assert not any(found_in(finder, frames))
