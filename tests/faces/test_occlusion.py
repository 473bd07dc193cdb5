"""Hidden places of a face, on rendered frames with a hand-sized patch pasted in."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from measure.made_faces import made_face
from understudy.core.types import Frame
from understudy.faces.crop import STORED_COVERAGE, cut
from understudy.faces.face import Face
from understudy.faces.mesh import LANDMARK_COUNT, template
from understudy.faces.occlusion import FEWEST_FACES, FaceLook, areas, facing, occlusion_shares, places
from understudy.faces.pose import fit_poses
from understudy.faces.quality import measure_face, within

SIZE_PX = 256
PATCHED = 50  # index of a frame in the middle of the performance
Performance = list[tuple[Frame, Face]]


Seen = tuple[FaceLook, Face]


def look(frame: Frame, face: Face, image: np.ndarray | None = None) -> Seen:
    matrix = face.square.crop_from_frame(SIZE_PX, STORED_COVERAGE)
    image = frame.image if image is None else image
    size = (image.shape[1], image.shape[0])
    is_inside = within(face.landmarks_px[:, :2], size)
    return measure_face(face, cut(image, matrix, SIZE_PX), matrix, is_inside).look, face


def shares_of(seen: list[Seen]) -> np.ndarray | None:
    return occlusion_shares([look for look, _ in seen], turns_of([face for _, face in seen]))


def turns_of(faces: list[Face]) -> np.ndarray:
    return fit_poses(np.stack([face.landmarks_px for face in faces])).frame_from_head


def with_patch(frame: Frame, face: Face, radius: float, colour: tuple[int, int, int] | None) -> np.ndarray:
    """A round patch over mouth and chin; its radius in sides of the square, skin where no colour is given."""
    image = frame.image.copy()
    x, y = np.round(face.landmarks_px[14, :2]).astype(int)
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.circle(mask, (int(x), int(y)), round(radius * face.square.side_px), 1, -1)
    if colour is None:
        up = round(0.42 * face.square.side_px)
        colour = tuple(image[y - up - 12 : y - up, x - 6 : x + 6].mean(axis=(0, 1)))  # type: ignore[assignment]
    image[mask > 0] = colour
    return image


@pytest.fixture(scope="module")
def clean(performance: Performance) -> list[Seen]:
    return [look(frame, face) for frame, face in performance]


def share(clean: list[Seen], patched: Seen) -> float:
    shares = shares_of([*clean[:PATCHED], patched, *clean[PATCHED + 1 :]])
    assert shares is not None
    return float(shares[PATCHED])


def test_nothing_is_hidden_where_nothing_is(clean: list[Seen]) -> None:
    shares = shares_of(clean)
    assert shares is not None
    assert np.median(shares) < 0.03
    assert shares.max() < 0.2


@pytest.mark.parametrize("colour", [(25, 25, 28), (60, 80, 140), None], ids=["microphone", "sleeve", "skin"])
def test_the_larger_a_patch_the_more_is_hidden(
    clean: list[Seen], performance: Performance, colour: tuple[int, int, int] | None
) -> None:
    frame, face = performance[PATCHED]
    radii = (0.0, 0.15, 0.25, 0.35)
    shares = [share(clean, look(frame, face, with_patch(frame, face, r, colour))) for r in radii]
    assert shares == sorted(shares)
    assert shares[0] < 0.1 < 0.15 < shares[-1]


def test_light_hides_nothing(clean: list[Seen], performance: Performance) -> None:
    frame, face = performance[PATCHED]
    across = np.linspace(0.55, 1.1, frame.image.shape[1])[None, :, None]
    dimmed = (frame.image * across * (0.9, 0.8, 0.7)).astype(np.uint8)
    assert share(clean, look(frame, face, dimmed)) < share(clean, clean[PATCHED]) + 0.05


def test_what_is_beyond_the_picture_or_turned_away_is_not_judged(performance: Performance) -> None:
    frame, face = performance[0]
    far = replace(face, landmarks_px=face.landmarks_px + np.array([200, 0, 0], np.float32))
    assert 0 < look(frame, far)[0].is_inside.sum() < look(frame, face)[0].is_inside.sum()
    shown = facing(turns_of([made_face(pose_deg=(60, 0, 0))]))[0]
    across = template()[places(), 0]
    assert shown[across < -0.1].mean() > 0.8
    assert shown[across > 0.1].mean() < 0.2


def test_the_colours_are_those_under_the_landmarks(performance: Performance) -> None:
    frame, face = performance[0]
    under = cv2.blur(frame.image, (7, 7))[tuple(np.round(face.landmarks_px[:, 1::-1]).astype(int).T)]
    apart = look(frame, face)[0].colours.astype(int) - under[places()]
    assert np.abs(apart).mean() < 8


def test_too_few_faces_say_nothing(clean: list[Seen]) -> None:
    assert shares_of(clean[: FEWEST_FACES - 1]) is None
    assert shares_of(clean[:FEWEST_FACES]) is not None


def test_every_place_has_its_share_of_the_face() -> None:
    assert areas().sum() == pytest.approx(1, abs=1e-5)
    assert len(set(places().tolist())) == len(places()) < LANDMARK_COUNT
    assert areas().max() < 0.03
