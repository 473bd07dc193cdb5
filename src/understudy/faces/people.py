"""Which tracks show the same person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Vector
from understudy.faces.linkage import Labels, Squares, merge_tree

TrackKey = tuple[int, int]  # source id, track number

# Mean distances (root of the mean square) between the faces of two groups. On real people those of one
# person are up to 0.42 and those of two people from 0.46; of rendered people 0.36 and 0.54 on average.
_SURELY_ONE, _SURELY_TWO = 0.40, 0.52
_STRAY = 0.48  # of a face or two from all of somebody's: that of strangers is 0.50 at least
_ALONE = 1.25  # times as far from anybody else
_GAP = 1.1  # of the distance below to that above a stretch without merges: it parts people
# in units of the distance of two faces of one person, once directions that vary within people count less
_WHITENED = (1.5, 1.5, 1.5, 2.0)  # a rough one while what varies is still being learnt, then the last
_SHRINK = 128.0  # faces that the belief "all directions vary alike" is worth

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSummary:
    """What grouping needs to know of a track.

    Args:
        faces: how many faces it has.
        vectors: (n, 128) float32, identity vectors of some of its faces; may be none.
        frames: indices of the frames of its source that it is seen in; may be left empty where
            tracks never share a frame.
    """

    faces: int
    vectors: Vector
    frames: frozenset[int] = frozenset()

    @property
    def identity(self) -> Vector | None:
        """(128,) float32 mean vector, None where there is none."""
        return self.vectors.mean(axis=0).astype(np.float32) if len(self.vectors) else None


def group_tracks(tracks: Mapping[TrackKey, TrackSummary]) -> list[list[TrackKey]]:
    """Group tracks into people, the one seen most first, each in the order of sources and tracks.

    Groups are merged by the mean distance between their faces, up to a height that fits the set: into a
    stretch without merges where there is one between what is surely one person and what surely is not. A
    face or two left over, such as a grimace, go to somebody who is near where nobody else is.
    Where many people lie so close that there is none (rendered ones do), directions in which vectors of
    one person vary are learnt from what is surely one and counted less.

    A track without a vector is a person of its own, and nobody is in one frame twice: tracks that share
    a frame are different people.

    Args:
        tracks: summaries by source and track number.
    """
    keys = sorted(key for key, track in tracks.items() if len(track.vectors))
    labels = _labels([tracks[key].vectors.astype(np.float64) for key in keys], _apart(tracks, keys))
    groups: dict[int, list[TrackKey]] = defaultdict(list)
    for key, label in zip(keys, labels.tolist(), strict=True):
        groups[label].append(key)
    people = [*groups.values(), *([key] for key, track in sorted(tracks.items()) if not len(track.vectors))]
    return sorted(people, key=lambda person: (-sum(tracks[key].faces for key in person), person[0]))


def _apart(tracks: Mapping[TrackKey, TrackSummary], keys: list[TrackKey]) -> NDArray[np.bool_]:
    """(n, n) whether two tracks share a frame."""
    apart = np.zeros((len(keys), len(keys)), bool)
    seen: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, key in enumerate(keys):
        for frame in tracks[key].frames:
            seen[key[0], frame].append(i)
    for together in {tuple(items) for items in seen.values() if len(items) > 1}:
        apart[np.ix_(together, together)] = True
    np.fill_diagonal(apart, False)
    return apart


def _labels(vectors: list[_Floats], apart: NDArray[np.bool_]) -> Labels:
    """Number of the person of each track, given its (k, 128) vectors."""
    if len(vectors) < 2:
        return np.zeros(len(vectors), np.intp)
    weights = np.array([len(some) for some in vectors], np.float64)
    means = np.stack([some.mean(axis=0) for some in vectors])
    spreads = np.array(
        [((some - mean) ** 2).sum(axis=1).mean() for some, mean in zip(vectors, means, strict=True)]
    )
    squares = _squares(means) + spreads[:, None] + spreads[None]
    strangers = np.sqrt(squares[np.triu(apart, 1)])
    squares[apart] = np.inf
    tree = merge_tree(squares, weights, "average")
    height = _height_in_gap(tree.heights, strangers)
    if height is not None:
        return _strays_joined(tree.groups(height), squares, weights)
    labels = tree.groups(_SURELY_ONE)
    for limit in _WHITENED:
        straight = _whitened(vectors, means, labels)
        labels = _ward(straight, weights, apart, limit)
        labels = _settled(straight, weights, apart, labels)
    return labels


def _height_in_gap(heights: _Floats, strangers: _Floats) -> float | None:
    """Where to stop merging, in the widest stretch without merges; None where there is none.

    Args:
        heights: of all merges, ascending.
        strangers: mean distances between tracks that share a frame: two people are as near as that.
    """
    most = float(np.quantile(strangers, 0.1)) if len(strangers) else _SURELY_TWO
    most = float(np.clip(most, _SURELY_ONE * _GAP, _SURELY_TWO))
    inside = heights[(heights > _SURELY_ONE) & (heights < most)]
    below = heights[heights <= _SURELY_ONE]
    edges = np.array([max(below[-1] if len(below) else 0.0, _SURELY_ONE / 2), *inside, most])
    ratios = edges[1:] / edges[:-1]
    widest = int(ratios.argmax())
    if ratios[widest] < _GAP:
        return None
    # a stretch that begins below it is cut above it: what is surely one is merged
    return float(max(np.sqrt(edges[widest] * edges[widest + 1]), _SURELY_ONE))


def _strays_joined(labels: Labels, squares: Squares, weights: _Floats) -> Labels:
    """Groups of one or two faces join the one group that is near them.

    Args:
        labels: of (n,) tracks.
        squares: (n, n) mean squared distances of their faces; inf for two that share a frame.
        weights: (n,) faces that they are known by.
    """
    member = np.eye(labels.max() + 1)[labels]
    counts = weights @ member
    shared = ~np.isfinite(squares)
    sums = (member * weights[:, None]).T @ np.where(shared, 0, squares) @ (member * weights[:, None])
    apart = np.sqrt(sums / np.outer(counts, counts))
    together = member.T @ shared @ member > 0
    labels = labels.copy()
    for stray in np.flatnonzero(counts <= 2):
        known = np.flatnonzero(counts > 2)
        nearest = known[apart[stray, known].argsort()[:2]]
        if not len(nearest) or together[stray, nearest[0]]:
            continue
        limit = _STRAY if len(nearest) == 1 else min(_STRAY, apart[stray, nearest[1]] / _ALONE)
        if apart[stray, nearest[0]] < limit:
            labels[labels == stray] = nearest[0]
            together[:, nearest[0]] |= together[:, stray]
    return np.unique(labels, return_inverse=True)[1]


def _squares(points: _Floats) -> Squares:
    """(n, n) squared distances of (n, k) points."""
    norms = (points**2).sum(axis=1)
    return np.maximum(norms[:, None] + norms[None] - 2 * points @ points.T, 0)


def _whitened(vectors: list[_Floats], means: _Floats, labels: Labels) -> _Floats:
    """The tracks' means, turned and scaled so that vectors of one person vary alike in all directions.

    Returns:
        (n, 128); two faces of one person are 1 apart (root of the mean square).
    """
    of_each = np.repeat(labels, [len(some) for some in vectors])
    faces = np.concatenate(vectors)
    counts = np.bincount(of_each).astype(np.float64)
    centres = np.stack([faces[of_each == label].mean(axis=0) for label in range(len(counts))])
    off = faces - centres[of_each]
    freedom = max(len(faces) - len(counts), 1)
    varying = off.T @ off / freedom
    size = faces.shape[1]
    alike = max(np.trace(varying) / size, 1e-9) * np.eye(size)
    varying = (freedom * varying + _SHRINK * alike) / (freedom + _SHRINK)
    values, directions = np.linalg.eigh(varying)
    return means @ (directions / np.sqrt(values)) / np.sqrt(2 * size)


def _ward(points: _Floats, weights: _Floats, apart: NDArray[np.bool_], limit: float) -> Labels:
    squares = _squares(points) * 2 * weights[:, None] * weights[None] / (weights[:, None] + weights[None])
    squares[apart] = np.inf
    return merge_tree(squares, weights, "ward").groups(limit)


def _settled(points: _Floats, weights: _Floats, apart: NDArray[np.bool_], labels: Labels) -> Labels:
    """Let tracks go over to the nearest person, as long as that changes anything (k-means).

    A track does not count for the mean that it is compared with, and joins nobody it shares a frame with.
    """
    each = np.arange(len(points))
    for _ in range(20):
        member = np.eye(labels.max() + 1)[labels] * weights[:, None]
        total = member.sum(axis=0)
        centres = member.T @ points / np.maximum(total, 1e-9)[:, None]
        squares = (points**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1) - 2 * points @ centres.T
        # of the other faces of a group: their mean, and how sure it is
        others = total[None] - member
        with np.errstate(divide="ignore", invalid="ignore"):
            squares *= np.where(member > 0, (total / others) ** 2, 1.0) * others / (others + weights[:, None])
        alone = others[each, labels] <= 0
        squares[each[alone], labels[alone]] = 1.0  # what two faces of one person are apart
        squares[apart.astype(np.float64) @ (member > 0) > 0] = np.inf
        squares[:, total == 0] = np.inf
        nearest = squares.argmin(axis=1)
        nearest = np.where(np.isfinite(squares[each, nearest]), nearest, labels)
        before, labels = labels, labels.copy()
        for i in np.flatnonzero(nearest != labels):  # one by one: two may want to go where only one can
            if not apart[i, labels == nearest[i]].any():
                labels[i] = nearest[i]
        if (before == labels).all():
            break
    return np.unique(labels, return_inverse=True)[1]
