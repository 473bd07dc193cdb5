"""Similarity transforms between point sets, and how they act on points.

An example of the house style: one subject a file, conventions stated once, every shape and unit in
the docstring, errors that say what to do.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Matrix, Points

Kind = TypeVar("Kind", np.float32, np.float64)


def fit_similarity(from_px: Points, to_px: Points) -> Matrix:
    """Fit the rotation, uniform scale and shift that best carries one point set onto another.

    Args:
        from_px: (n, 2) float32, n >= 2, (x, y) in pixels of the frame that is left.
        to_px: (n, 2) float32, the same points in the frame that is entered.

    Returns:
        (2, 3) float32 `to_from_from`: `to = M[:, :2] @ from + M[:, 2]`.

    Convention:
        The centre of the top left pixel is (0, 0). No reflection is ever fitted.

    Raises:
        ValueError: fewer than two points, or all points in one place.

    Reference:
        Umeyama, Least-squares estimation of transformation parameters between two point
        patterns, PAMI 1991, eq. 34-43.
    """
    if from_px.shape != to_px.shape or len(from_px) < 2:
        raise ValueError(f"need two equal sets of at least 2 points, got {from_px.shape} and {to_px.shape}")
    from_mean, to_mean = from_px.mean(axis=0), to_px.mean(axis=0)
    a, b = from_px - from_mean, to_px - to_mean
    spread = float((a * a).sum())
    if spread < 1e-12:
        raise ValueError("all points coincide: no rotation or scale can be fitted")
    # in two dimensions the best rotation is the angle of one complex number, so no SVD is needed
    scaled_cos = float((a * b).sum()) / spread
    scaled_sin = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / spread
    linear = np.array([[scaled_cos, -scaled_sin], [scaled_sin, scaled_cos]], np.float32)
    return np.column_stack([linear, to_mean - linear @ from_mean]).astype(np.float32)


def transform_points(to_from_from: Matrix, points_px: Points) -> Points:
    """Carry (n, 2) pixel points through a (2, 3) matrix; same convention as `fit_similarity`."""
    return (points_px @ to_from_from[:, :2].T + to_from_from[:, 2]).astype(np.float32)


def inverse(b_from_a: NDArray[Kind]) -> NDArray[Kind]:
    """The (2, 3) matrix `a_from_b`; of the same type. Raises ValueError where there is none.

    In plain numbers, as all who cut something out of a picture need it: a library's call takes longer.
    """
    (a, b, x), (c, d, y) = b_from_a.tolist()
    determinant = a * d - b * c
    if not abs(determinant) > 0:  # nor where it is no number
        raise ValueError(f"a matrix that cannot be inverted: {b_from_a.tolist()}")
    e, f, g, h = d / determinant, -b / determinant, -c / determinant, a / determinant
    return np.array([[e, f, -e * x - f * y], [g, h, -g * x - h * y]], b_from_a.dtype)


def chained(c_from_b: Matrix, b_from_a: Matrix) -> Matrix:
    """The (2, 3) matrix `c_from_a` that does first the one, then the other."""
    linear = c_from_b[:, :2].astype(np.float64)
    inner = b_from_a.astype(np.float64)
    return np.column_stack([linear @ inner[:, :2], linear @ inner[:, 2] + c_from_b[:, 2]]).astype(np.float32)
