"""A basis fitted to one person's face at rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Points
from understudy.expression.basis import SHUT_GAP, Basis, Floats
from understudy.expression.names import EYES

# upper and lower lids of the person's left eye (the picture's right), then the right one's
_UPPER = {"Left": np.array((386, 385, 387)), "Right": np.array((159, 158, 160))}
_LOWER = {"Left": np.array((374, 380, 373)), "Right": np.array((145, 153, 144))}
_LEAST, _MOST = 0.5, 2.0  # of the mean person's gap
_BLINKS = ("eyeBlinkLeft", "eyeBlinkRight")


def moves_of(basis: Basis, rest: Points) -> Floats:
    """What each expression adds to this person's face: lids move as far as theirs are open.

    Args:
        basis: of the mean person.
        rest: (468, 3) float32 face at rest, template's units.

    Returns:
        (k, 468, 3) float32.
    """
    moves = basis.moves.copy()
    for number, name in enumerate(basis.names):
        if name in EYES:
            side = "Left" if name.endswith("Left") else "Right"
            share = _gap(rest, side) / _gap(basis.rest, side)
            moves[number] *= np.float32(np.clip(share, _LEAST, _MOST))
    return moves


def shutting(names: tuple[str, ...]) -> NDArray[np.float32]:
    """(k,) by how much more lids must move in a picture than landmarks tell, for them to be shut at 1."""
    return np.array([1 / (1 - SHUT_GAP) if name in _BLINKS else 1.0 for name in names], np.float32)


def _gap(face: Points, side: str) -> float:
    return float(np.linalg.norm(face[_UPPER[side], :2] - face[_LOWER[side], :2], axis=1).mean())
