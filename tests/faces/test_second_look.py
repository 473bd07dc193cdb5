from dataclasses import replace

import cv2
import numpy as np
import pytest

from understudy.core.types import Frame
from understudy.faces.detect import BlazeFace
from understudy.faces.face import Face, FaceSquare
from understudy.faces.second_look import SecondLook, SecondLookConfig


@pytest.fixture(scope="module")
def look(short_range: BlazeFace, full_range: BlazeFace) -> SecondLook:
    return SecondLook((short_range.with_min_score(0.3), full_range.with_min_score(0.3)))


@pytest.fixture
def tiny(performance: list[tuple[Frame, Face]]) -> tuple[np.ndarray, np.ndarray]:
    """An actor whose face is 20 px high, and the landmarks."""
    frame, face = performance[0]
    scale = 20 / float(face.box_px[3] - face.box_px[1])
    small = cv2.resize(frame.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    points = (face.landmarks_px * scale).astype(np.float32)
    return np.asarray(small, np.uint8), points


def test_sees_a_face_of_twenty_pixels(look: SecondLook, tiny: tuple[np.ndarray, np.ndarray]) -> None:
    assert look.sees(*tiny, 0.55)
    assert look.glances(*tiny, 0.4)


def test_sees_it_upside_down_too(look: SecondLook, tiny: tuple[np.ndarray, np.ndarray]) -> None:
    image, points = tiny
    height, width = image.shape[:2]
    turned = points * np.array([-1, -1, 1], np.float32) + np.array([width - 1, height - 1, 0], np.float32)
    assert look.sees(np.ascontiguousarray(image[::-1, ::-1]), turned, 0.55)


@pytest.mark.parametrize("change", ["aside", "a third as large", "three times as large"])
def test_landmarks_that_do_not_lie_on_the_face_are_not_confirmed(
    look: SecondLook, tiny: tuple[np.ndarray, np.ndarray], change: str
) -> None:
    image, points = tiny
    middle = points.mean(axis=0)
    wrong = {
        "aside": points + np.array([10, 0, 0], np.float32),
        "a third as large": middle + (points - middle) / 3,
        "three times as large": middle + (points - middle) * 3,
    }[change].astype(np.float32)
    assert not look.sees(image, wrong, 0.55)


@pytest.mark.parametrize("turned", [False, True])
def test_tells_up_from_down(look: SecondLook, performance: list[tuple[Frame, Face]], turned: bool) -> None:
    frame, face = performance[0]
    x0, y0, x1, y1 = (float(v) for v in face.box_px)
    region = FaceSquare(x_px=(x0 + x1) / 2, y_px=(y0 + y1) / 2, side_px=max(x1 - x0, y1 - y0), roll_rad=0.1)
    asked = replace(region, roll_rad=0.1 + np.pi) if turned else region
    found = look.upright(frame.image, asked).roll_rad
    assert np.cos(found - 0.1) == pytest.approx(1)


def test_no_face_is_seen_where_there_is_none(look: SecondLook, tiny: tuple[np.ndarray, np.ndarray]) -> None:
    image, points = tiny
    noise = np.random.default_rng(0).integers(0, 255, image.shape).astype(np.uint8)
    assert not look.sees(noise, points, 0.1)


def test_every_detector_has_a_say(short_range: BlazeFace, tiny: tuple[np.ndarray, np.ndarray]) -> None:
    class Blind:
        def detect(self, image: np.ndarray) -> list:
            return []

    assert SecondLook((short_range,)).sees(*tiny, 0.5)
    assert not SecondLook((short_range, Blind())).sees(*tiny, 0.5)


def test_more_detectors_than_close_ups_are_refused(short_range: BlazeFace) -> None:
    with pytest.raises(ValueError, match="2 detectors"):
        SecondLook((short_range, short_range), SecondLookConfig(coverages=((5.0,),)))
