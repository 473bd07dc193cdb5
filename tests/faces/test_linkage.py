"""The merge tree against merging by the definition, one pair after the other."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from understudy.faces.linkage import merge_tree


def squares(points: np.ndarray) -> np.ndarray:
    return ((points[:, None] - points[None]) ** 2).sum(axis=2)


def by_definition(points: np.ndarray, weights: np.ndarray, linkage: str) -> list[float]:
    """Heights of the merges."""
    groups = [[i] for i in range(len(points))]

    def between(a: list[int], b: list[int]) -> float:
        if linkage == "average":
            return float(np.average(squares(points)[np.ix_(a, b)], weights=np.outer(weights[a], weights[b])))
        means = [np.average(points[group], axis=0, weights=weights[group]) for group in (a, b)]
        sizes = weights[a].sum(), weights[b].sum()
        return 2 * sizes[0] * sizes[1] / sum(sizes) * float(((means[0] - means[1]) ** 2).sum())

    heights: list[float] = []
    while len(groups) > 1:
        pairs = [(between(a, b), i, j) for i, a in enumerate(groups) for j, b in enumerate(groups) if i < j]
        height, i, j = min(pairs)
        groups[i] += groups.pop(j)
        heights.append(height**0.5)
    return heights


@pytest.mark.parametrize("linkage", ["average", "ward"])
def test_heights_are_those_of_the_definition(linkage: Literal["average", "ward"]) -> None:
    rng = np.random.default_rng(0)
    points, weights = rng.normal(size=(14, 3)), rng.integers(1, 5, 14).astype(float)
    d = squares(points)
    if linkage == "ward":
        d *= 2 * np.outer(weights, weights) / (weights[:, None] + weights)
    tree = merge_tree(d, weights, linkage)
    np.testing.assert_allclose(tree.heights, by_definition(points, weights, linkage))


def test_groups_at_a_height() -> None:
    tree = merge_tree(squares(np.array([[0.0], [1.0], [10.0], [12.0], [30.0]])), np.ones(5), "average")
    assert tree.groups(0.5).tolist() == [0, 1, 2, 3, 4]
    assert tree.groups(1.5).tolist() == [0, 0, 1, 2, 3]
    assert tree.groups(5).tolist() == [0, 0, 1, 1, 2]
    assert tree.groups(99).tolist() == [0, 0, 0, 0, 0]


def test_who_is_kept_apart_never_comes_together() -> None:
    d = squares(np.array([[0.0], [0.1], [0.2], [0.3]]))
    d[0, 1] = d[1, 0] = np.inf
    for linkage in ("average", "ward"):
        groups = merge_tree(d, np.ones(4), linkage).groups(99)
        assert groups[0] != groups[1]
        assert len(set(groups.tolist())) == 2
