"""Series over time whose law is known."""

from __future__ import annotations

import numpy as np


def autoregressive(seed: int, n: int = 400, rho: float = 0.8, count: int = 1) -> np.ndarray:
    """(n, count) series of mean 0, each value rho of the last one and new noise."""
    noise = np.random.default_rng(seed).normal(size=(n + 100, count))
    values = np.zeros_like(noise)
    for i in range(1, len(noise)):
        values[i] = rho * values[i - 1] + noise[i]
    return values[100:]
