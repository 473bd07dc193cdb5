"""Which points span the face, its lids and what surrounds it."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.expression.basis import load_basis
from understudy.faces.mesh import FACE_OVAL, LANDMARK_COUNT

# each eye's lids from the outer to the inner corner, without those: upper, lower, what lies above the upper
UPPER_LIDS = np.array([(246, 161, 160, 159, 158, 157, 173), (466, 388, 387, 386, 385, 384, 398)])
LOWER_LIDS = np.array([(7, 163, 144, 145, 153, 154, 155), (249, 390, 373, 374, 380, 381, 382)])
ABOVE_LIDS = np.array([(247, 30, 29, 27, 28, 56, 190), (467, 260, 259, 257, 258, 286, 414)])
CORNERS = np.array([(33, 133), (263, 362)])

# the inner lips from the picture's left to its right, without the corners
UPPER_LIP = np.array((191, 80, 81, 82, 13, 312, 311, 310, 415))
LOWER_LIP = np.array((95, 88, 178, 87, 14, 317, 402, 318, 324))

OVAL = np.array(FACE_OVAL)
LASHES = LANDMARK_COUNT + np.arange(UPPER_LIDS.size)  # additional points: where lashes end and lid begins
RINGS_FROM = LANDMARK_COUNT + UPPER_LIDS.size
_OPEN = 0.5  # how far the jaw is lowered where the points are joined, so that no triangle joins the lips


@cache
def face_triangles() -> NDArray[np.intp]:
    """(t, 3) which of the 468 points and of the `LASHES` span the face, by Delaunay."""
    basis = load_basis()
    face = (basis.rest + _OPEN * basis.moves[basis.names.index("jawOpen")])[:, :2].astype(np.float64)
    lids, above = face[UPPER_LIDS.ravel()], face[ABOVE_LIDS.ravel()]
    points = np.concatenate([face, lids + 0.4 * (above - lids)])
    span = cv2.Subdiv2D((-2, -2, 4, 4))
    for x, y in points.tolist():
        span.insert((x, y))
    corners = np.asarray(span.getTriangleList(), np.float32).reshape(-1, 3, 2)
    corners = corners[(np.abs(corners) < 1.5).all(axis=(1, 2))]
    found = np.square(corners[:, :, None] - points).sum(axis=-1).argmin(axis=-1)
    border = points[OVAL].astype(np.float32)
    middles = points[found].mean(axis=1)
    within = [cv2.pointPolygonTest(border, (float(x), float(y)), True) > -1e-4 for x, y in middles]
    return found[np.array(within)]


@cache
def ring_triangles(rings: int) -> NDArray[np.intp]:
    """(t, 3) which points span so many rings around the face; each ring has as many points as the oval."""
    count = len(OVAL)
    loops = [OVAL, *(RINGS_FROM + count * k + np.arange(count) for k in range(rings))]
    strips = list[NDArray[np.intp]]()
    for inner, outer in pairwise(loops):
        a, b, c, d = inner, np.roll(inner, -1), outer, np.roll(outer, -1)
        strips += [np.stack([a, b, c], axis=1), np.stack([b, d, c], axis=1)]
    return np.concatenate(strips)
