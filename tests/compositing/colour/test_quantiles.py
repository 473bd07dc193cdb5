"""Quantiles and one-dimensional transport against numpy and sorting."""

import numpy as np

from understudy.compositing.colour.quantiles import quantiles, quantiles_of_columns, transport

rng = np.random.default_rng(0)


def test_equal_weights_are_numpys_hazen_quantiles() -> None:
    values = rng.normal(size=101)
    at = np.linspace(0, 1, 23)
    got = quantiles(values, np.ones(101, np.float32), at)
    np.testing.assert_allclose(got, np.quantile(values, at, method="hazen"), atol=1e-12)


def test_whole_weights_are_repeated_values() -> None:
    values, weights = rng.normal(size=40), rng.integers(1, 9, 40)
    at = np.linspace(0.05, 0.95, 19)
    many = np.repeat(values, weights * 200)
    got = quantiles(values, weights.astype(np.float32), at)
    # between values the one interpolates where the other steps
    assert np.abs(got - np.quantile(many, at)).max() < np.diff(np.sort(values)).max()
    none = np.concatenate([weights, [0, 0, 0]]).astype(np.float32)
    np.testing.assert_allclose(
        quantiles(np.append(values, [-99, 99, values[3] + 1e-3]), none, at), got, atol=1e-12
    )


def test_transport_of_as_many_values_is_sorting() -> None:
    values, onto = rng.normal(size=(64, 2)), rng.gamma(2, size=(64, 2))
    got = transport(values, np.ones(64, np.float32), onto, np.ones(64, np.float32))
    for i in range(2):
        expected = np.empty(64)
        expected[np.argsort(values[:, i])] = np.sort(onto[:, i])
        np.testing.assert_allclose(got[:, i], expected, atol=1e-12)


def test_of_columns_each_is_as_alone() -> None:
    rng = np.random.default_rng(4)
    values, weights = rng.normal(size=(60, 3)), np.maximum(rng.normal(size=60), 0)
    at = np.linspace(0.05, 0.95, 9)
    found = quantiles_of_columns(values, weights, at)
    for column, alone in enumerate(values.T):
        np.testing.assert_allclose(found[column], quantiles(alone, weights, at), atol=1e-12)
