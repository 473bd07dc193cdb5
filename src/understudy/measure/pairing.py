"""Which faces of two pictures belong together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from understudy.core.types import Image, Vector
from understudy.faces.face import Face
from understudy.faces.identify import Embedder

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


class FaceChooser:
    """Follows one person through footage that may show several.

    Args:
        embedder: tells people apart; only asked where `wanted` is given and there is a choice.
        wanted: (128,) float32 mean identity vector of the person; the largest face of the first
            frame that has one where None.
    """

    def __init__(self, embedder: Embedder, wanted: Vector | None = None) -> None:
        """Start with nobody chosen."""
        self._embedder = embedder
        self._wanted = wanted
        self._distances: dict[int, float] = {}
        self._last: Face | None = None

    def choose(self, image: Image, faces: Sequence[Face]) -> Face | None:
        """The person's face in the next frame.

        Args:
            image: (h, w, 3) RGB uint8.
            faces: tracked faces in it, largest first.
        """
        if not faces:
            return None
        if self._wanted is None:
            self._last = self._followed(faces)
            return self._last
        return self._most_alike(image, faces, self._wanted)

    def _followed(self, faces: Sequence[Face]) -> Face:
        """The face of the same track, else the one in the same place, else the largest."""
        if self._last is None:
            return faces[0]
        last = self._last
        same_track = next((face for face in faces if face.track == last.track), None)
        return same_track or same_place(last, faces) or faces[0]

    def _most_alike(self, image: Image, faces: Sequence[Face], wanted: Vector) -> Face:
        """The face whose track was nearest to the wanted person when it was first seen."""
        if len(faces) == 1:
            return faces[0]
        for face in faces:
            if face.track not in self._distances:
                vector = self._embedder.vector(image, face)
                self._distances[face.track] = float(np.linalg.norm(vector - wanted))
        return min(faces, key=lambda face: self._distances[face.track])
