"""Curves steadied without delay: jitter goes, the start of a blink stays where it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.expression.basis import Floats

SIGMA_S = 0.04
_REACH = 3.0  # sigmas
_MOST_NEIGHBOURS = 12  # on each side: of footage with very many frames a second


def steadied(
    values: NDArray[np.floating], times_s: NDArray[np.float64], jitter: float, sigma_s: float = SIGMA_S
) -> Floats:
    """Means over neighbours before and after that are much alike.

    Args:
        values: (n, k), NaN where not known.
        times_s: (n,) rising.
        jitter: a difference from which on it is rather a movement.
        sigma_s: how fast a neighbour's weight falls with time; 0 leaves all as it is.

    Returns:
        (n, k) float32, NaN where it was.

    Reference:
        Tomasi and Manduchi, Bilateral filtering, ICCV 1998, in one dimension.
    """
    wide = np.asarray(values, np.float64)
    total, weights = wide.copy(), np.ones_like(wide)
    if sigma_s <= 0:
        return total.astype(np.float32)
    for apart in range(1, min(_MOST_NEIGHBOURS, len(wide) - 1) + 1):
        gap_s = times_s[apart:] - times_s[:-apart]
        if gap_s.min() > _REACH * sigma_s:
            break
        change = wide[apart:] - wide[:-apart]
        near = np.exp(-0.5 * ((gap_s / sigma_s)[:, None] ** 2 + (change / jitter) ** 2))
        near = np.where(np.isfinite(near), near, 0)
        for here, there in (
            (slice(apart, None), slice(None, -apart)),
            (slice(None, -apart), slice(apart, None)),
        ):
            total[here] += near * np.nan_to_num(wide[there])
            weights[here] += near
    return (total / weights).astype(np.float32)
