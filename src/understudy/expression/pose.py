"""Where heads are, by a fit to the person's own face that expressions and bad points do not move."""

from __future__ import annotations

import numpy as np

from understudy.core.types import Points
from understudy.expression.basis import Basis
from understudy.faces.pose import HeadPoses, fit_poses_to

_ROUNDS = 3
_HUBER = 1.5  # usual distances from which on a point counts less


def robust_poses(points_px: Points, shapes: Points, basis: Basis) -> HeadPoses:
    """Fit poses with points weighed by how steady they are, less where one lies off.

    Args:
        points_px: (n, 468, 3) float32, frame pixels.
        shapes: (n, 468, 3) or (1, 468, 3) float32, what each face should look like, template's frame.
        basis: how steady points are.

    Raises:
        ValueError: the points of one coincide.

    Reference:
        Huber, Robust Statistics, 1981, chapter 7: least squares, weighed anew a few times.
    """
    steady = basis.steady[None].astype(np.float64)
    poses = fit_poses_to(points_px, shapes, steady)
    for _ in range(_ROUNDS - 1):
        off = np.linalg.norm(poses.undo(points_px) - shapes, axis=-1) * np.sqrt(steady)
        usual = np.maximum(np.median(off, axis=1, keepdims=True), 1e-9)
        poses = fit_poses_to(
            points_px, shapes, steady * np.minimum(1, _HUBER * usual / np.maximum(off, 1e-9))
        )
    return poses
