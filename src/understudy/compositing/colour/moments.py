"""Weighted mean and covariance of colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.compositing.colour.spaces import Colours


def mean(colours: Colours, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """(3,) weighted mean of (n, 3) colours."""
    share = weights.astype(np.float64)
    return share @ colours / share.sum()


def covariance(colours: Colours, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """(3, 3) weighted covariance of (n, 3) colours."""
    share = weights.astype(np.float64)
    away = colours - share @ colours / share.sum()
    return (away * share[:, None]).T @ away / share.sum()
