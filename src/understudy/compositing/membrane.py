"""The smoothest surface through given values: a Laplace equation with soft constraints."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.compositing.blend_parts import tripled
from understudy.core.types import Mask

_COARSEST = 8  # cells a side from which a level is solved directly
_SWEEPS = 2
_DAMPING = 0.8  # of a Jacobi sweep: damps what the coarser level cannot see
_NEIGHBOURS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32)

Field = NDArray[np.float32]  # (h, w, 3)


def membrane(values: Field, hold: Mask, cycles: int = 1) -> Field:
    """Fill a grid with the surface that bends least and stays near the values where they are held.

    Minimises `sum over neighbours (u_i - u_j)^2 + sum over cells hold_i (u_i - values_i)^2`; the grid's
    edge is free. Full multigrid: each level starts from the next coarser one's solution.

    Args:
        values: (h, w, 3) float32, looked at where `hold` is not 0.
        hold: (h, w) float32, not negative: how strongly each cell is held; not 0 everywhere.
        cycles: V-cycles a level; one leaves an error of about 1 % of the values' spread.

    Returns:
        (h, w, 3) float32.

    Reference:
        Briggs, Henson and McCormick, A Multigrid Tutorial, 2nd ed., 2000, ch. 3.
    """
    return _solved(np.asarray(cv2.multiply(values, tripled(hold)), np.float32), hold, cycles)


def _solved(right: Field, hold: Mask, cycles: int) -> Field:
    """Full multigrid for `(4 - neighbours + hold) u = right`."""
    if _is_coarsest(hold):
        return _direct(right, hold)
    surface = _finer(_solved(_summed(right), _summed(hold), cycles), hold)
    for _ in range(cycles):
        surface = _cycle(surface, right, hold)
    return surface


def _cycle(surface: Field, right: Field, hold: Mask) -> Field:
    """One V-cycle."""
    if _is_coarsest(hold):
        return _direct(right, hold)
    hold_3 = tripled(hold)
    for _ in range(_SWEEPS):
        surface = _swept(surface, right, hold_3)
    rest = _summed(_residual(surface, right, hold_3))
    surface = surface + _finer(_cycle(np.zeros_like(rest), rest, _summed(hold)), hold)
    for _ in range(_SWEEPS):
        surface = _swept(surface, right, hold_3)
    return surface


def _swept(surface: Field, right: Field, hold_3: Field) -> Field:
    """One damped Jacobi sweep."""
    step = np.float32(_DAMPING) / (hold_3 + np.float32(4))
    return np.asarray(surface + step * _residual(surface, right, hold_3), np.float32)


def _residual(surface: Field, right: Field, hold_3: Field) -> Field:
    # repeating the border makes a cell's missing neighbour its own equal: a free edge
    around = cv2.filter2D(surface, -1, _NEIGHBOURS, borderType=cv2.BORDER_REPLICATE)
    return around + right - cv2.multiply(surface, hold_3 + np.float32(4))


def _is_coarsest(hold: Mask) -> bool:
    height, width = hold.shape
    return min(height, width) <= _COARSEST or height % 2 == 1 or width % 2 == 1


def _summed(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums of 2 x 2 cells: the equation on cells twice as wide."""
    size = (field.shape[1] // 2, field.shape[0] // 2)
    return np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_AREA), np.float32) * np.float32(4)


def _finer(field: Field, like: Mask) -> Field:
    size = (like.shape[1], like.shape[0])
    return np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _direct(right: Field, hold: Mask) -> Field:
    """Solve a small grid as one system of equations."""
    height, width = hold.shape
    number = np.arange(height * width).reshape(height, width)
    matrix = np.zeros((height * width, height * width))
    pairs = ((number[:, :-1], number[:, 1:]), (number[:-1], number[1:]))
    for one, other in pairs:
        matrix[one, other] = matrix[other, one] = -1
    matrix[number, number] = -matrix.sum(axis=1).reshape(height, width) + np.maximum(hold, 1e-9)
    return np.linalg.solve(matrix, right.reshape(-1, 3)).reshape(height, width, 3).astype(np.float32)
