"""Whose face the output shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from understudy.core.types import Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityFigures:
    """Where the output's faces lie between source and target.

    Args:
        nearer_to_source: share of faces nearer to the source than to the target, 0 to 1.
        d_source: mean Euclidean distance to the source; one person's faces lie within about 0.6.
        d_target: mean Euclidean distance to the target.
    """

    nearer_to_source: float
    d_source: float
    d_target: float


def mean_vector(vectors: Sequence[Vector]) -> Vector | None:
    """(128,) float32 mean of identity vectors, None of none."""
    return np.mean(np.stack(vectors), axis=0).astype(np.float32) if vectors else None


def distances(vectors: Sequence[Vector], person: Vector) -> list[float]:
    """Euclidean distance of each (128,) vector to one person's mean."""
    return [float(np.linalg.norm(vector - person)) for vector in vectors]


def identity_figures(vectors: Sequence[Vector], source: Vector, target: Vector) -> IdentityFigures:
    """Compare the output's identity vectors with both people's means.

    Args:
        vectors: one (128,) float32 a face of the output.
        source: (128,) float32, mean of the identity put in.
        target: (128,) float32, mean of the person in the original footage.

    Raises:
        ValueError: no vectors.
    """
    if not vectors:
        raise ValueError("no identity vectors: no face was found in the output")
    to_source, to_target = np.array(distances(vectors, source)), np.array(distances(vectors, target))
    return IdentityFigures(
        nearer_to_source=float((to_source < to_target).mean()),
        d_source=float(to_source.mean()),
        d_target=float(to_target.mean()),
    )
