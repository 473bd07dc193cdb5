"""Agglomerative clustering: which groups are merged first, and the groups at a height."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Squares = NDArray[np.float64]  # (n, n) squared distances, inf for two that must not be in one group
Labels = NDArray[np.intp]  # (n,) number of the group of each item, from 0


@dataclass(frozen=True, slots=True)
class Tree:
    """All merges of n items.

    Args:
        n: how many items there are.
        merges: height (a distance, not squared) and one item of either group, lowest first.
    """

    n: int
    merges: list[tuple[float, int, int]]

    @property
    def heights(self) -> NDArray[np.float64]:
        """Heights of the merges, ascending."""
        return np.array([merge[0] for merge in self.merges], np.float64)

    def groups(self, height: float) -> Labels:
        """The groups that merges up to a height make."""
        parent = list(range(self.n))

        def root(item: int) -> int:
            while parent[item] != item:
                parent[item] = parent[parent[item]]
                item = parent[item]
            return item

        for at, a, b in self.merges:
            if at > height:
                break
            first, second = root(a), root(b)
            parent[max(first, second)] = min(first, second)
        return np.unique([root(item) for item in range(self.n)], return_inverse=True)[1]


def merge_tree(squares: Squares, weights: NDArray[np.float64], linkage: Literal["average", "ward"]) -> Tree:
    """Merge the two nearest groups again and again, until all that may be are one.

    Args:
        squares: (n, n) squared distances; inf keeps two items apart for good.
        weights: (n,) of how many observations an item is the mean.
        linkage: "average": the distance of two groups is the root of the mean square between their
            items; "ward": by how much the sum of squares within the groups grows.

    Reference:
        Murtagh, "A survey of recent advances in hierarchical clustering algorithms", 1983 (the chain of
        nearest neighbours: a quadratic number of steps); Lance and Williams, 1967 (the updates).
    """
    d, w, n = squares.copy(), weights.astype(np.float64), len(squares)
    np.fill_diagonal(d, np.inf)
    alive = np.ones(n, bool)
    merges: list[tuple[float, int, int]] = []
    chain: list[int] = []
    while alive.sum() > 1:
        if not chain:
            chain.append(int(np.flatnonzero(alive)[0]))
        a = chain[-1]
        b = int(d[a].argmin())
        if not np.isfinite(d[a, b]):
            alive[chain.pop()] = False  # it may join nobody
            continue
        if len(chain) < 2 or d[a, chain[-2]] > d[a, b]:
            chain.append(b)
            continue
        b = chain[-2]
        del chain[-2:]
        a, b = min(a, b), max(a, b)
        merges.append((float(np.sqrt(d[a, b])), a, b))
        if linkage == "average":
            row = (w[a] * d[a] + w[b] * d[b]) / (w[a] + w[b])
        else:
            row = ((w[a] + w) * d[a] + (w[b] + w) * d[b] - w * d[a, b]) / (w[a] + w[b] + w)
        d[a] = d[:, a] = row
        d[b] = d[:, b] = d[a, a] = np.inf
        alive[b] = False
        w[a] += w[b]
    return Tree(n, sorted(merges))
