"""Coefficients of faces: least squares within [0, 1], weighed by how landmarks err."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Points
from understudy.expression.basis import Basis, Floats

_SWEEPS, _ENOUGH = 100, 1e-3  # of coordinate descent
_PROBE, _LEAST_LEFT = 0.5, 0.5
_LOOSE = 0.05  # face units: how far a pose may be off without its being taken for an expression
_Wide = NDArray[np.float64]


class Solver:
    """Reads coefficients off what faces differ from a face at rest by.

    Landmarks err together, in ways that the basis lists; errors like those, and faces shifted, turned or
    grown a little, count little, and coefficients are small unless the landmarks say otherwise.

    Args:
        basis: how landmarks err.
        moves: (k, 468, 3) float32, what each coefficient adds.
        rest: (468, 3) float32 face at rest.
        doubt: (d, 468, 3) float32, further directions that are no expression, a deviation long.
    """

    def __init__(self, basis: Basis, moves: Floats, rest: Points, doubt: Floats | None = None) -> None:
        """Work out what is the same for all faces."""
        sd = basis.noise_sd.reshape(-1).astype(np.float64)
        if doubt is not None:
            sd = np.hypot(sd, basis.people_sd)
        parts = [basis.noise, _rigid(rest), *([doubt] if doubt is not None else [])]
        errors = np.concatenate([part.reshape(len(part), -1) for part in parts]) / sd
        wanted = moves.reshape(len(moves), -1) / sd
        # Woodbury: the inverse of 1 + errors' errors, times what is wanted
        inner = np.eye(len(errors)) + errors @ errors.T
        whitened = wanted - (wanted @ errors.T) @ np.linalg.solve(inner, errors)
        told = whitened @ wanted.T
        self._gram = told + np.diag(1 / basis.usual.astype(np.float64) ** 2)
        # what is left of a coefficient that is alone, which the prior makes smaller
        self._left = (_bounded(self._gram, _PROBE * told).diagonal() / _PROBE).clip(_LEAST_LEFT, 1)
        self._read = (whitened / sd).T

    def coefficients(self, differences: Points) -> Floats:
        """(n, k) in [0, 1], of (n, 468, 3) faces less the face at rest; all in the template's frame."""
        wanted = differences.reshape(len(differences), -1).astype(np.float64) @ self._read
        return (_bounded(self._gram, wanted) / self._left).clip(0, 1).astype(np.float32)


def _bounded(gram: _Wide, wanted: _Wide) -> _Wide:
    """Minimise c' gram c / 2 - wanted' c within [0, 1], for each row, by cyclic coordinate descent."""
    found: _Wide = np.clip(np.linalg.solve(gram, wanted.T), 0, 1).astype(
        np.float64
    )  # a row a coefficient: they are changed one by one
    slope = gram @ found - wanted.T
    for _ in range(_SWEEPS):
        largest = 0.0
        for i in range(len(gram)):
            new = (found[i] - slope[i] / gram[i, i]).clip(0, 1)
            step = new - found[i]
            largest = max(largest, float(np.abs(step).max(initial=0.0)))
            found[i] = new
            slope += gram[i][:, None] * step
        if largest < _ENOUGH:
            break
    return found.T


def _rigid(rest: Points) -> Floats:
    """Seven ways in which a face is elsewhere, not otherwise: shifted, turned, grown; (7, 468, 3)."""
    x, y, z = rest.T.astype(np.float64)
    none, one = np.zeros_like(x), np.ones_like(x)
    fields = [
        np.stack(field, axis=1)
        for field in (
            (one, none, none),
            (none, one, none),
            (none, none, one),
            (none, -z, y),
            (z, none, -x),
            (-y, x, none),
            (x, y, z),
        )
    ]
    return (np.stack(fields) * _LOOSE).astype(np.float32)
