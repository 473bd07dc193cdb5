"""A person's face at rest, from footage in which it hardly ever is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Points
from understudy.expression.basis import Basis, Floats
from understudy.expression.person import moves_of
from understudy.expression.solve import Solver
from understudy.faces.mesh import INNER_LIPS, OUTER_LIPS

_SHUT_RANK, _SHUT_WITHIN = 0.1, 0.01  # a mouth is shut up to so much above its least gaps' quantile
_NEAREST = 0.2  # of the shut faces: those that lie nearest together
_LOWER_FACE_Y = (-0.02, 0.10)  # template heights between which the lower face begins
_CALM = 0.3  # of the faces: those that do least
_ROUNDS = 2
_LIPS = np.array((*OUTER_LIPS, *INNER_LIPS))


def resting(faces: Points, basis: Basis) -> Points:
    """What a face looks like when it does nothing.

    The lower face rests where the mouth is shut and where it is most often, the upper at its median; faces
    that do least, less what they do, settle it. What then still looks like an expression rather than like
    a person (a smile that never ends, the mouth open in a single picture) is taken off.

    Args:
        faces: (n, 468, 3) float32 in the template's frame, n >= 1, what turning adds taken off.
        basis: how people and expressions differ.

    Returns:
        (468, 3) float32.

    Raises:
        ValueError: no faces.
    """
    if not len(faces):
        raise ValueError("no faces: nobody is at rest")
    rest = _first(faces, basis)
    for _ in range(_ROUNDS if len(faces) > 1 else 0):
        moves = moves_of(basis, rest)
        known = Solver(basis, moves, rest).coefficients(faces - rest)
        calm = np.argsort(known.sum(axis=1), kind="stable")[: max(1, round(_CALM * len(faces)))]
        done = np.tensordot(known[calm], moves, axes=1)
        rest = np.median(faces[calm] - done, axis=0).astype(np.float32)
    return rest - lasting(rest, basis)


def lasting(rest: Points, basis: Basis) -> Floats:
    """What of a face that may be at rest is an expression rather than a person's looks, (468, 3)."""
    moves = moves_of(basis, basis.rest)
    found = Solver(basis, moves, basis.rest, basis.people).coefficients((rest - basis.rest)[None])[0]
    return np.tensordot(found, moves, axes=1).astype(np.float32)


def _first(faces: Points, basis: Basis) -> Points:
    upper = np.median(faces, axis=0)
    shut = _nearest_together(faces[_mouth_shut(faces)])
    at = np.clip((basis.rest[:, 1] - _LOWER_FACE_Y[0]) / (_LOWER_FACE_Y[1] - _LOWER_FACE_Y[0]), 0, 1)
    return (upper + at[:, None] * (shut - upper)).astype(np.float32)


def _mouth_shut(faces: Points) -> NDArray[np.bool_]:
    gap = np.linalg.norm(faces[:, 13] - faces[:, 14], axis=1)
    return gap <= np.quantile(gap, _SHUT_RANK) + _SHUT_WITHIN


def _nearest_together(faces: Points) -> Points:
    """The mean face of the densest place among (n, 468, 3) faces, by their lips."""
    lips = faces[:, _LIPS, :2].reshape(len(faces), -1).astype(np.float64)
    squares = np.square(lips).sum(axis=1)
    distance = squares[:, None] + squares - 2 * lips @ lips.T
    near = max(1, round(_NEAREST * len(faces)))
    ranked = np.argsort(distance, axis=1, kind="stable")[:, :near]
    spread = np.take_along_axis(distance, ranked[:, -1:], axis=1)[:, 0]
    return faces[ranked[spread.argmin()]].mean(axis=0)
