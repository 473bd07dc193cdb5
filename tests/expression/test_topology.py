"""Triangles follow the contours of the face: none joins what opens."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.expression.topology import LOWER_LIDS, LOWER_LIP, UPPER_LIDS, UPPER_LIP, face_triangles
from understudy.faces.mesh import FACE_OVAL, INNER_LIPS, LEFT_EYELIDS, OUTER_LIPS, RIGHT_EYELIDS

LIDS = [(*lids[:9], *lids[9:][::-1]) for lids in (LEFT_EYELIDS, RIGHT_EYELIDS)]


def edges() -> set[tuple[int, int]]:
    pairs = np.concatenate([face_triangles()[:, pair] for pair in ((0, 1), (1, 2), (2, 0))])
    return {(min(pair), max(pair)) for pair in pairs.tolist()}


@pytest.mark.parametrize(
    ("loop", "missing"), [(OUTER_LIPS, 0), (INNER_LIPS, 1), (FACE_OVAL, 0), *((x, 0) for x in LIDS)]
)
def test_contours_are_edges(loop: tuple[int, ...], missing: int) -> None:
    """Else a lip's border would be a zigzag where it is stretched."""
    wanted = {(min(pair), max(pair)) for pair in zip(loop, (*loop[1:], loop[0]), strict=True)}
    assert len(wanted - edges()) <= missing


@pytest.mark.parametrize(
    ("upper", "lower", "around"),
    [(UPPER_LIP, LOWER_LIP, INNER_LIPS), *zip(UPPER_LIDS, LOWER_LIDS, LIDS, strict=True)],
)
def test_no_triangle_joins_what_opens_but_those_of_the_opening(
    upper: np.ndarray, lower: np.ndarray, around: tuple[int, ...]
) -> None:
    above, below = set(upper.tolist()), set(lower.tolist())
    joining = [
        c for c in map(set, face_triangles().tolist()) if c & above and c & below and not c <= set(around)
    ]
    assert len(joining) <= (1 if upper is UPPER_LIP else 0)  # one in a corner of the mouth


def test_the_face_is_covered_once() -> None:
    found = {tuple(sorted(corners)) for corners in face_triangles().tolist()}
    assert len(found) == len(face_triangles())
    # a disc: corners - edges + triangles = 1
    corners = np.unique(face_triangles())
    assert len(corners) - len(edges()) + len(found) == 1
