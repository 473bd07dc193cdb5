"""Which faces of two pictures belong together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from understudy.faces.face import Face

_SAME_PLACE = 0.75  # sides of the square that one person's face may lie from where it is expected


def distance_in_sides(a: Face, b: Face) -> float:
    """Distance of two faces' centres in sides of the first one's square."""
    return float(np.hypot(a.square.x_px - b.square.x_px, a.square.y_px - b.square.y_px)) / a.square.side_px


def same_place(face: Face | None, others: Sequence[Face]) -> Face | None:
    """The face of another picture of the same moment that lies where this one does.

    Args:
        face: None where there is none; then there is no other either.
        others: faces of the other picture.

    Returns:
        The nearest, None where none is near.
    """
    if face is None or not others:
        return None
    nearest = min(others, key=lambda other: distance_in_sides(face, other))
    return nearest if distance_in_sides(face, nearest) < _SAME_PLACE else None
