"""Optimal transport along one axis: quantiles of weighted values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating]


def quantiles(values: Values, weights: Values, at: Values) -> NDArray[np.float64]:
    """Weighted quantiles, interpolated between the middles of the values' shares.

    Args:
        values: (n,) numbers.
        weights: (n,) >= 0, not all 0.
        at: (k,) in [0, 1].

    Returns:
        (k,) quantiles, not falling where `at` rises.
    """
    order = np.argsort(values, kind="stable")
    share = weights[order].astype(np.float64)
    middle = (np.cumsum(share) - share / 2) / share.sum()
    return np.interp(at, middle, values[order])


def transport(values: Values, weights: Values, onto: Values, onto_weights: Values) -> NDArray[np.float64]:
    """Where each value goes when one weighted distribution is carried onto another.

    Args:
        values: (n,) numbers.
        weights: (n,) >= 0, not all 0.
        onto: (m,) numbers of the other distribution.
        onto_weights: (m,) >= 0, not all 0.

    Returns:
        (n,) the quantile of the other distribution at the rank of each value.
    """
    order = np.argsort(values, kind="stable")
    share = weights[order].astype(np.float64)
    rank = np.empty(len(values))
    rank[order] = (np.cumsum(share) - share / 2) / share.sum()
    return quantiles(onto, onto_weights, rank)
