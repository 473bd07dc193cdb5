import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.core.geometry import chained, fit_similarity, inverse, transform_points

angles = st.floats(-3.1, 3.1)
scales = st.floats(0.05, 20.0)
shifts = st.floats(-2000.0, 2000.0)


@settings(deadline=None)
@given(angles, scales, shifts, shifts)
def test_recovers_a_known_similarity(angle: float, scale: float, dx: float, dy: float) -> None:
    points = np.random.default_rng(0).uniform(-100, 100, (12, 2)).astype(np.float32)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    truth = np.array([[cos, -sin, dx], [sin, cos, dy]], np.float32)
    fitted = fit_similarity(points, transform_points(truth, points))
    np.testing.assert_allclose(fitted, truth, rtol=1e-3, atol=1e-3 * (1 + scale))


def test_noisy_fit_equals_the_least_squares_oracle() -> None:
    rng = np.random.default_rng(1)
    a = rng.uniform(0, 512, (30, 2)).astype(np.float32)
    b = (a * 0.5 + 40 + rng.normal(0, 3, a.shape)).astype(np.float32)
    # oracle: the same model as an ordinary linear system in (cos, sin, dx, dy)
    rows = np.zeros((60, 4))
    rows[0::2] = np.column_stack([a[:, 0], -a[:, 1], np.ones(30), np.zeros(30)])
    rows[1::2] = np.column_stack([a[:, 1], a[:, 0], np.zeros(30), np.ones(30)])
    cos, sin, dx, dy = np.linalg.lstsq(rows, b.reshape(-1), rcond=None)[0]
    np.testing.assert_allclose(fit_similarity(a, b), [[cos, -sin, dx], [sin, cos, dy]], atol=1e-3)


def test_a_transform_is_the_matrix_product_point_by_point() -> None:
    matrix = np.array([[0.5, -2.0, 7.0], [2.0, 0.5, -3.0]], np.float32)
    points = np.array([[0, 0], [1, 0], [0, 1], [-4, 9]], np.float32)
    slow = [[0.5 * x - 2 * y + 7, 2 * x + 0.5 * y - 3] for x, y in points]
    carried = transform_points(matrix, points)
    assert carried.dtype == np.float32
    np.testing.assert_allclose(carried, slow, rtol=1e-6)


def test_never_fits_a_reflection() -> None:
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    m = fit_similarity(square, square * np.array([-1, 1], np.float32))
    assert np.linalg.det(m[:, :2]) >= 0


@pytest.mark.parametrize("points", [np.zeros((1, 2)), np.full((5, 2), 3.0)])
def test_degenerate_points_are_refused(points: np.ndarray) -> None:
    with pytest.raises(ValueError, match="points"):
        fit_similarity(points.astype(np.float32), points.astype(np.float32))


def test_sets_of_different_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(3, 2\) and \(4, 2\)"):
        fit_similarity(np.eye(3, 2, dtype=np.float32), np.eye(4, 2, dtype=np.float32))


def test_a_chain_does_one_after_the_other() -> None:
    first = np.array([[0, -2, 5], [2, 0, 1]], np.float32)
    second = np.array([[0.5, 0.1, -3], [-0.1, 0.5, 7]], np.float32)
    points = np.random.default_rng(0).uniform(-100, 100, (9, 2)).astype(np.float32)
    one_by_one = transform_points(second, transform_points(first, points))
    np.testing.assert_allclose(transform_points(chained(second, first), points), one_by_one, atol=1e-3)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_inverse_undoes_a_matrix(kind: type) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(0, 2, (2, 3)).astype(kind)
    points = rng.normal(0, 50, (9, 2)).astype(np.float32)
    back = inverse(matrix)
    assert back.dtype == kind
    np.testing.assert_allclose(transform_points(back, transform_points(matrix, points)), points, atol=1e-3)
    with pytest.raises(ValueError, match="cannot be inverted"):
        inverse(np.array([[1, 2, 3], [2, 4, 5]], kind))
