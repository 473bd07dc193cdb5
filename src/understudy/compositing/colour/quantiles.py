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
    counted = weights > 0
    values, weights = values[counted], weights[counted]
    order = np.argsort(values, kind="stable")
    share = weights[order].astype(np.float64)
    middle = (np.cumsum(share) - share / 2) / share.sum()
    return np.interp(at, middle, values[order])


def quantiles_of_columns(values: Values, weights: Values, at: Values) -> NDArray[np.float64]:
    """As `quantiles`, of each column of (n, c): (c, k)."""
    counted = weights > 0
    values = values[counted]
    order, middle = _ranks(values, weights[counted])
    ranked = np.take_along_axis(values, order, axis=0)
    return np.stack([np.interp(at, middle[:, i], ranked[:, i]) for i in range(values.shape[1])])


def transport(values: Values, weights: Values, onto: Values, onto_weights: Values) -> NDArray[np.float64]:
    """Where each value goes when one weighted distribution is carried onto another, column by column.

    Args:
        values: (n, k) numbers.
        weights: (n,) > 0.
        onto: (m, k) numbers of the other distributions.
        onto_weights: (m,) > 0.

    Returns:
        (n, k) the quantile of the other distribution at the rank of each value.
    """
    order, middle = _ranks(values, weights)
    onto_order, onto_middle = _ranks(onto, onto_weights)
    out = np.empty(values.shape)
    for i in range(values.shape[1]):
        ranked = onto[onto_order[:, i], i]
        out[order[:, i], i] = np.interp(middle[:, i], onto_middle[:, i], ranked)
    return out


def _ranks(values: Values, weights: Values) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """(n, k) order of each column, and the middles of the shares in that order."""
    order = np.argsort(values, axis=0, kind="stable")
    share = weights.astype(np.float64)[order]
    middle = np.cumsum(share, axis=0)
    middle -= share / 2
    return order, middle / float(weights.sum())
