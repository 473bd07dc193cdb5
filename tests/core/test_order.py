"""Medians and percentiles of a few values, against numpy's."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.core.order import median, percentile


@pytest.mark.parametrize("shape", [(1,), (2,), (7,), (256,), (1, 3), (40, 3), (41, 2, 3)])
def test_the_median_is_numpys(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(len(shape)).normal(size=shape).astype(np.float32)
    before = values.copy()
    np.testing.assert_allclose(median(values), np.median(values, axis=0), rtol=1e-6)
    np.testing.assert_array_equal(values, before)


def test_no_values_have_neither() -> None:
    with pytest.raises(ValueError, match="no values"):
        median(np.empty((0, 3), np.float32))
    with pytest.raises(ValueError, match="no values"):
        percentile(np.empty(0, np.float32), 50)


@pytest.mark.parametrize(("percent", "expected"), [(0, 0.0), (40, 40.0), (99.9, 99.0), (100, 100.0)])
def test_a_percentile_is_one_of_the_values(percent: float, expected: float) -> None:
    values = np.random.default_rng(0).permutation(101).astype(np.float32)
    assert percentile(values, percent) == expected
