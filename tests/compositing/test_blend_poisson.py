"""The Poisson blend against equations solved directly, and what it is for: no steps, no flicker."""

import cv2
import numpy as np
import pytest

from understudy.compositing.blend_poisson import Poisson, border_field
from understudy.compositing.membrane import membrane

SIDE = 96


def disc(side: int = SIDE, radius: float = 40, falloff: float = 8) -> np.ndarray:
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) - (side - 1) / 2
    return np.clip((radius - np.hypot(x, y)) / falloff, 0, 1).astype(np.float32)


def dense(values: np.ndarray, hold: np.ndarray) -> np.ndarray:
    """The membrane's equations written out pixel by pixel and solved at once."""
    height, width = hold.shape
    matrix, right = np.zeros((height * width,) * 2), np.zeros((height * width, 3))
    for y in range(height):
        for x in range(width):
            i = y * width + x
            matrix[i, i] += hold[y, x]
            right[i] = hold[y, x] * values[y, x]
            for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                if 0 <= y + dy < height and 0 <= x + dx < width:
                    matrix[i, i] += 1
                    matrix[i, (y + dy) * width + x + dx] -= 1
    return np.linalg.solve(matrix, right).reshape(height, width, 3)


def test_the_membrane_solves_its_equations() -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:24, 0:32]
    distance = np.hypot((x - 16) / 13, (y - 12) / 10)
    hold = np.where(np.abs(distance - 0.9) < 0.12, 4, 0).astype(np.float32)
    values = (np.sin(x / 6)[..., None] + 0.2 * rng.standard_normal((24, 32, 3))).astype(np.float32)
    oracle = dense(values, hold)
    errors = [float(np.abs(membrane(values, hold, cycles) - oracle).max()) for cycles in (1, 2, 5)]
    assert errors[0] < 0.12 * oracle.std()
    assert errors[2] < 0.005 * oracle.std()
    assert errors[0] > errors[1] > errors[2]


@pytest.mark.parametrize("shape", [(8, 8), (16, 40), (24, 8), (64, 64)])
def test_a_membrane_through_one_value_is_flat(shape: tuple[int, int]) -> None:
    hold = np.zeros(shape, np.float32)
    hold[2, 3] = 1
    surface = membrane(np.full((*shape, 3), 0.3, np.float32), hold, 6)
    np.testing.assert_allclose(surface, 0.3, atol=0.01)


def test_equals_poisson_blending_solved_pixel_by_pixel() -> None:
    """Oracle: Perez' equations with the border's values fixed, for a difference that varies along it."""
    side = 48
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    inside = np.hypot(x - 23.5, y - 23.5) < 19
    weight = inside.astype(np.float32)
    change = np.repeat((0.08 * np.sin(x / 14) + 0.05 * np.cos(y / 10))[..., None], 3, axis=2).astype(
        np.float32
    )
    border = inside & (cv2.erode(weight, np.ones((3, 3), np.uint8)) == 0)
    firm = np.where(border, 1e6, 0)
    oracle = dense(change, firm)
    field = border_field(change, weight, 1.0)
    assert field is not None
    assert np.abs(field - oracle)[inside].max() < 0.02
    assert np.abs(field - oracle)[inside].mean() < 0.005
    assert np.abs(oracle)[inside].mean() > 0.04


def test_a_difference_that_varies_slowly_leaves_no_step_at_the_border() -> None:
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    before = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    slope = np.repeat((0.001 * (x - 48) + 0.0015 * (y - 30))[..., None], 3, axis=2)
    weight = disc()
    after = Poisson()(before, before + slope, weight)
    ring = (weight > 0) & (weight < 1)
    assert np.abs(after - before)[ring].max() < 0.012
    assert np.abs(slope)[ring].max() > 0.08


def test_single_border_pixels_do_not_move_the_face() -> None:
    """Noise on the target changes the face a hundredth as much: nothing flickers."""
    rng = np.random.default_rng(0)
    face, weight = np.full((SIDE, SIDE, 3), 0.4, np.float32), disc()
    clean = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    results = [
        Poisson()((clean + 0.02 * rng.standard_normal(clean.shape)).astype(np.float32), face, weight)
        for _ in range(6)
    ]
    assert np.std(results, axis=0)[weight == 1].mean() < 0.0015


def test_a_hand_at_the_border_does_not_colour_the_face() -> None:
    before, face, weight = (
        np.full((SIDE, SIDE, 3), 0.5, np.float32),
        np.full((SIDE, SIDE, 3), 0.45, "f4"),
        disc(),
    )
    clean = Poisson()(before, face, weight)
    before[60:, 70:] = (0.9, 0.1, 0.1)
    spoilt = Poisson()(before, face, weight)
    assert np.abs(spoilt - clean)[(weight == 1) & (np.arange(SIDE) < 60)[None]].max() < 0.02


def test_correction_goes_from_the_linear_mix_to_the_full_field() -> None:
    before, face, weight = (
        np.full((SIDE, SIDE, 3), 0.5, np.float32),
        np.full((SIDE, SIDE, 3), 0.4, "f4"),
        disc(),
    )
    for share, centre in ((0.0, 0.4), (0.5, 0.45), (1.0, 0.5)):
        assert abs(float(Poisson(correction=share)(before, face, weight)[48, 48, 0]) - centre) < 1e-3
    limited = Poisson(most_shift=0.04)(before, face, weight)
    assert abs(float(limited[48, 48, 0]) - 0.44) < 1e-3


def test_a_large_face_is_solved_as_a_small_one() -> None:
    """Twice and eight times the pixels give the same field: nothing is lost by solving it coarsely."""
    fields = []
    for side in (64, 128, 512):
        y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
        change = np.repeat((0.1 * np.sin(5 * x) + 0.05 * y)[..., None], 3, axis=2).astype(np.float32)
        field = border_field(change, disc(side, 0.42 * side, 0.08 * side), 1.0)
        assert field is not None
        fields.append(cv2.resize(field, (64, 64), interpolation=cv2.INTER_AREA))
    inside = disc(64, 26, 5) > 0
    for field in fields[1:]:
        assert np.abs(field - fields[0])[inside].max() < 0.006
