"""The bounded fit is the best one, by trying; noise that is known is not taken for an expression."""

from __future__ import annotations

import numpy as np

from expression.made_performances import somebody
from understudy.expression.basis import load_basis
from understudy.expression.person import moves_of
from understudy.expression.solve import Solver, _bounded


def test_no_other_point_within_the_bounds_is_better() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(12, 5))
    gram, wanted = a.T @ a + np.eye(5), rng.normal(0, 8, (20, 5))
    found = _bounded(gram, wanted)
    assert (found == 0).any()
    assert (found == 1).any()

    def cost(c: np.ndarray, w: np.ndarray) -> np.ndarray:
        return 0.5 * np.einsum("...i,ij,...j", c, gram, c) - c @ w

    for c, w in zip(found, wanted, strict=True):
        tried = np.clip(c + rng.normal(0, rng.choice([0.003, 0.1, 0.5], (4000, 1)), (4000, 5)), 0, 1)
        assert cost(tried, w).min() >= cost(c, w) - 1e-4


def test_a_shifted_or_grown_face_does_nothing() -> None:
    basis, rest = load_basis(), somebody(1)
    solver = Solver(basis, moves_of(basis, rest), rest)
    shifted = np.stack([np.full_like(rest, 0.01), 0.02 * rest, basis.noise[0], basis.noise[1]])
    assert solver.coefficients(shifted).max() < 0.12


def test_the_fit_weighs_by_the_whole_covariance() -> None:
    """Woodbury's short cut against the full inverse."""
    basis, rest = load_basis(), somebody(1)
    moves = moves_of(basis, rest)
    solver = Solver(basis, moves, rest)
    sd = basis.noise_sd.ravel().astype(float)
    x, y, z = rest.T.astype(float)
    rigid = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0 * x, -z, y), (z, 0 * x, -x), (-y, x, 0 * x), (x, y, z)]
    loose = [
        0.05 * np.stack(np.broadcast_arrays(*(v + 0 * x for v in field)), axis=1).ravel() for field in rigid
    ]
    errors = np.concatenate([basis.noise.reshape(len(basis.noise), -1).astype(float), loose])
    covariance = errors.T @ errors + np.diag(sd**2)
    wanted = np.linalg.solve(covariance, moves.reshape(len(moves), -1).T.astype(float))
    np.testing.assert_allclose(solver._read, wanted, rtol=1e-3, atol=1e-3 * np.abs(wanted).max())
