"""What lies before a face is found, and a face alone hides nothing."""

import cv2
import numpy as np
import pytest

from understudy.compositing.looked import Looked
from understudy.compositing.mask import face_hull_mask
from understudy.compositing.occluder import occlusion_mask
from understudy.compositing.occluder_evidence import Tolerance, change, on_template, small
from understudy.faces.mesh import template

SIDE = 128
POINTS = (template()[:, :2] * 90 + 64).astype(np.float32)
HULL = face_hull_mask(POINTS, SIDE)
ALL = np.ones((SIDE, SIDE), np.float32)


def face() -> np.ndarray:
    """(s, s, 3) float32: skin, eyes, a mouth."""
    picture = np.full((SIDE, SIDE, 3), (0.72, 0.54, 0.45), np.float32)
    for x, y, rx, ry in ((45, 52, 9, 4), (83, 52, 9, 4), (64, 92, 16, 5)):
        cv2.ellipse(picture, (x, y), (rx, ry), 0, 0, 360, (0.25, 0.15, 0.14), -1)
    return cv2.GaussianBlur(picture, (0, 0), 1.5)


def seen(picture: np.ndarray, seed: int = 0) -> np.ndarray:
    noisy = picture + 0.01 * np.random.default_rng(seed).standard_normal(picture.shape)
    return np.round(np.clip(noisy, 0, 1) * 255).astype(np.uint8)


def hidden(x: int = 60, width: int = 24, colour: tuple[float, ...] = (0.2, 0.35, 0.75)) -> np.ndarray:
    """The face behind an upright bar."""
    picture = face()
    picture[:, x : x + width] = colour
    return picture


def looked(crop: np.ndarray, drawn_mask: np.ndarray = ALL, points: np.ndarray = POINTS) -> Looked:
    """A crop beside the face alone, as drawn."""
    return Looked(
        crop=crop, reconstruction=face(), reconstruction_mask=drawn_mask, hull=HULL, landmarks_px=points
    )


def mask_of(picture: np.ndarray, tolerance: Tolerance | None = None) -> np.ndarray:
    return occlusion_mask(looked(seen(picture)), tolerance)


@pytest.mark.parametrize("colour", [(0.2, 0.35, 0.75), (0.05, 0.05, 0.05), (0.95, 0.95, 0.95)])
@pytest.mark.parametrize("width", [10, 24, 34])
def test_a_bar_before_the_face_is_found_with_its_borders(colour: tuple[float, ...], width: int) -> None:
    mask = mask_of(hidden(40, width, colour))
    bar = np.zeros((SIDE, SIDE), bool)
    bar[:, 40 : 40 + width] = True
    inside = HULL > 0.5
    assert mask.dtype == np.float32
    assert (mask[bar & inside] < 0.5).mean() <= 0.05
    assert (mask[~bar & inside] > 0.5).sum() <= 0.04 * inside.sum()
    assert mask[HULL == 0].max() == 0


@pytest.mark.parametrize("gain", [1.0, 0.3, 1.3])
def test_a_face_alone_hides_nothing_in_any_light(gain: float) -> None:
    slope = np.linspace(0.8, 1.1, SIDE, dtype=np.float32)[None, :, None]
    assert mask_of(face() * gain * slope).max() == 0


def test_where_a_person_always_differs_that_is_usual() -> None:
    picture = hidden(60, 20)
    tolerance = Tolerance.learned([usual_change(picture, seed) for seed in range(16)])
    assert mask_of(picture).max() == 1
    assert (mask_of(picture, tolerance) > 0.5).mean() < 0.005
    assert mask_of(hidden(25, 20), tolerance)[64, 35] == 1


def usual_change(picture: np.ndarray, seed: int) -> np.ndarray:
    return on_template(change(seen(picture, seed), face(), small(HULL)), POINTS, SIDE)


def test_a_place_where_no_face_is_drawn_is_hidden() -> None:
    drawn = ALL.copy()
    drawn[50:90, 50:80] = 0
    mask = occlusion_mask(looked(seen(face()), drawn))
    assert mask[70, 65] == 1
    assert mask[70, 35] == 0


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="one size"):
        looked(seen(face()), ALL[:64])
    with pytest.raises(ValueError, match="468"):
        occlusion_mask(looked(seen(face()), ALL, POINTS[:68]))
