"""Medians and percentiles: of a few hundred values numpy's own take several times as long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def median(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The median along the first axis, as `numpy.median`, of finite values.

    Args:
        values: (n, ...) float32, n >= 1.

    Returns:
        (...) float32.

    Raises:
        ValueError: there are none.
    """
    count = len(values)
    if not count:
        raise ValueError("no values have a median")
    middle = count // 2
    ordered = np.partition(values, (middle - 1, middle) if count % 2 == 0 else (middle,), axis=0)
    if count % 2:
        return np.asarray(ordered[middle], np.float32)
    return np.asarray((ordered[middle - 1] + ordered[middle]) / np.float32(2), np.float32)


def percentile(values: NDArray[np.float32], percent: float) -> float:
    """The value below which so many of (n,) float32 lie, n >= 1; not interpolated.

    Raises:
        ValueError: there are none.
    """
    if not values.size:
        raise ValueError("no values have a percentile")
    at = int(percent / 100 * (values.size - 1))
    return float(np.partition(values, at)[at])
