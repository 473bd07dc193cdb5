"""The linear map carries one covariance onto another, by the least way."""

import numpy as np
import pytest

from made_skin import sample_of
from understudy.compositing.colour.guard import ColourLimits
from understudy.compositing.colour.mkl import fit_mkl, linear_change, monge_kantorovich

rng = np.random.default_rng(0)


def covariance_like(seed: int) -> np.ndarray:
    factor = np.random.default_rng(seed).normal(size=(3, 3))
    return factor @ factor.T + 0.1 * np.eye(3)


@pytest.mark.parametrize("seed", range(5))
def test_covariance_is_carried_exactly(seed: int) -> None:
    before, after = covariance_like(seed), covariance_like(seed + 100)
    matrix = monge_kantorovich(before, after)
    np.testing.assert_allclose(matrix @ before @ matrix.T, after, rtol=1e-8)
    # symmetric and positive definite: that one of all such maps moves colours least
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    assert np.linalg.eigvalsh(matrix).min() > 0
    whitened = np.linalg.cholesky(after) @ np.linalg.inv(np.linalg.cholesky(before))

    def moved(by: np.ndarray) -> float:
        away = by - np.eye(3)
        return float(np.trace(away @ before @ away.T))

    assert moved(matrix) <= moved(whitened) + 1e-9


def test_gains_are_limited() -> None:
    matrix = monge_kantorovich(np.eye(3), np.diag([100.0, 1.0, 0.0001]), 1.5)
    np.testing.assert_allclose(np.linalg.eigvalsh(matrix), [1 / 1.5, 1, 1.5], atol=1e-9)


def test_mean_and_covariance_of_weighted_colours() -> None:
    drawn = np.array([0.6, 0.5, 0.4]) + rng.normal(0, 0.05, (256, 3)) @ np.diag([1, 0.8, 0.6])
    turn = np.array([[0.9, 0.2, 0.1], [0.2, 0.9, -0.1], [0.1, -0.1, 0.8]])
    target = (drawn - drawn.mean(axis=0)) @ turn + [0.5, 0.45, 0.35]
    weights = rng.uniform(0.1, 1, 256)
    samples = sample_of(drawn, weights), sample_of(target, weights)
    got = linear_change(*samples, ColourLimits(gain=3))(samples[0].colours)
    np.testing.assert_allclose(
        np.average(got, axis=0, weights=weights), np.average(target, axis=0, weights=weights), atol=1e-4
    )
    np.testing.assert_allclose(np.cov(got.T, aweights=weights), np.cov(target.T, aweights=weights), atol=3e-5)
    # `turn` is symmetric and positive definite, so it is the map itself that comes back
    np.testing.assert_allclose(got, target, atol=3e-3)
    table = fit_mkl(*samples, ColourLimits(gain=3)).colours(samples[0].colours)
    bright = drawn.mean(axis=1) > 0.5  # what is darker keeps its share of lightness
    assert np.abs(table - target)[bright].max() < 0.02
