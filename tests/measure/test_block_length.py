"""Block lengths against what theory says of a known process."""

import numpy as np
import pytest

from measure.made_series import autoregressive
from understudy.measure.block_length import block_length


def test_blocks_are_longer_where_neighbours_are_alike() -> None:
    lengths = [
        np.median([block_length(autoregressive(seed, 800, rho)[:, 0]) for seed in range(15)])
        for rho in (0, 0.5, 0.9)
    ]
    assert lengths[0] <= 4
    assert 6 <= lengths[1] <= 20
    assert 1.8 * lengths[1] < lengths[2] <= 3 * np.sqrt(800) + 1


def test_the_block_length_follows_the_formula_for_a_known_process() -> None:
    # for an AR(1), G / g(0) = 2 rho / (1 - rho^2)
    rho, n = 0.6, 20_000
    optimal = (2 * (2 * rho / (1 - rho**2)) ** 2 / (4 / 3)) ** (1 / 3) * n ** (1 / 3)
    assert block_length(autoregressive(2, n, rho)[:, 0]) == pytest.approx(optimal, rel=0.3)
