from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from measure.made_faces import made_face
from understudy.core.types import Frame, Image
from understudy.faces.face import FaceSquare
from understudy.faces.shift import ShiftMeter, with_shifts

SIDE = 100.0


def textured(seed: int = 0) -> Image:
    """A picture of soft spots."""
    spots = np.random.default_rng(seed).normal(0, 1, (240, 240, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(spots, (0, 0), 12)
    return np.clip(128 + 50 * soft / soft.std(), 0, 255).astype(np.uint8)


STILL = textured()


def warped(x: float = 0.0, y: float = 0.0, growth: float = 0.0, turn: float = 0.0) -> Image:
    """The still picture, turned and grown around its middle, then shifted."""
    cos, sin = (1 + growth) * np.cos(turn), (1 + growth) * np.sin(turn)
    linear = np.array([[cos, -sin], [sin, cos]])
    middle = np.array([120.0, 120.0])
    matrix = np.column_stack([linear, middle - linear @ middle + (x, y)])
    return np.asarray(cv2.warpAffine(STILL, matrix, (240, 240), flags=cv2.INTER_CUBIC), np.uint8)


def square(x: float = 120.0, y: float = 120.0, roll: float = 0.0) -> FaceSquare:
    return FaceSquare(x_px=x, y_px=y, side_px=SIDE, roll_rad=roll)


def meter(at: FaceSquare) -> ShiftMeter:
    return ShiftMeter(STILL, at)


@pytest.mark.parametrize("roll", [0.0, 0.7, 3.0])
def test_a_small_shift_growth_and_turn_are_measured_in_the_frame(roll: float) -> None:
    image = warped(0.6, -0.3, 0.01, 0.012)
    at = square(roll=roll)
    shift = meter(at).follow(image, at)
    assert shift.x_px == pytest.approx(0.6, abs=0.1)
    assert shift.y_px == pytest.approx(-0.3, abs=0.1)
    assert shift.growth == pytest.approx(0.01, abs=0.002)
    assert shift.turn_rad == pytest.approx(0.012, abs=0.002)
    assert shift.change < 0.0005


def test_steps_are_since_the_frame_before_and_add_up_until_it_is_too_far() -> None:
    follow = meter(square())
    steps: list[float] = []
    for i in range(1, 31):
        image = warped(x=0.25 * i)
        at = square(x=120 + 0.25 * i + (-1) ** i)  # landmarks that tremble
        shift = follow.follow(image, at)
        steps.append(shift.x_px if np.isfinite(shift.change) else np.nan)
    known = np.isfinite(steps)
    np.testing.assert_allclose(np.array(steps)[known], 0.25, atol=0.1)
    # one hundredth of a side a shot: a new start after each 2 %, and again it is measured
    assert known[:8].all()
    assert not known[8:12].all()
    assert known[12:18].all()


def test_grain_moves_it_by_hundredths_of_a_pixel_and_does_not_add_up() -> None:
    rng = np.random.default_rng(1)
    follow = meter(square())
    steps: list[float] = []
    for _ in range(60):
        image = np.clip(STILL + rng.normal(0, 6, STILL.shape), 0, 255).astype(np.uint8)
        shift = follow.follow(image, square())
        steps.append(shift.x_px)
        assert shift.change < 0.0005
    places = np.cumsum(steps)
    assert np.abs(places).max() < 0.1


def test_light_is_no_change_and_another_face_is() -> None:
    darker = (STILL * 0.6 + 20).astype(np.uint8)
    shift = meter(square()).follow(darker, square())
    assert shift.change < 0.0005
    assert abs(shift.x_px) < 0.05
    other = textured(5)
    assert meter(square()).follow(other, square()).change > 0.1


def test_where_nothing_is_to_be_seen_nothing_moves() -> None:
    flat = np.full((240, 240, 3), 90, np.uint8)
    follow = ShiftMeter(flat, square())
    shift = follow.follow(flat, square())
    assert (shift.x_px, shift.y_px, shift.growth, shift.turn_rad, shift.change) == (0, 0, 0, 0, 0)


def test_a_track_is_measured_from_its_second_frame_on_and_anew_after_a_gap() -> None:
    def frame(index: int) -> Frame:
        return Frame(index=index, pts=index, time_base=Fraction(1, 25), image=warped(x=0.2 * index))

    a, b = (replace(made_face(), square=square(), track=track) for track in (0, 1))
    found = with_shifts([(frame(0), [a]), (frame(1), [b, a]), (frame(2), [b]), (frame(3), [a, b])])
    seen = [{face.track: face.shift for face in faces} for _, faces in found]
    assert [sorted(faces) for faces in seen] == [[0], [0, 1], [1], [0, 1]]
    assert seen[0][0] is seen[1][1] is seen[3][0] is None
    for shift in (seen[1][0], seen[2][1], seen[3][1]):
        assert shift is not None
        assert shift.x_px == pytest.approx(0.2, abs=0.1)
