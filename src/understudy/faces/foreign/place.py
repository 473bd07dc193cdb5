"""Where an aligned picture lies in its frame, guessed from the face that it shows.

For pictures of a program that stores the landmarks in the frame, but not the matrix that cut the picture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.core.geometry import fit_similarity, transform_points
from understudy.core.types import Image, Matrix, Points
from understudy.faces.detect import Detector
from understudy.faces.face import FaceSquare
from understudy.faces.landmark import region_of_detection, region_of_points
from understudy.faces.refit import MIN_SCORE, Landmarker, common_points

_MIDDLE = 0.5  # share of the picture's side where the face is looked for if no detector sees one
_LOOKS = 3  # each from where the one before has found the face
_TRUSTED = 0.75  # share of the points that the fit goes by: those that agree best
_ROUNDS = 5  # of choosing them


class PicturePlacer:
    """Finds a face in an aligned picture and fits the landmarks of its frame onto it."""

    def __init__(self, detectors: tuple[Detector, ...], landmarker: Landmarker) -> None:
        """Look with these; the detectors are tried in order until one finds something."""
        self._detectors, self._landmarker = detectors, landmarker

    def image_from_frame(self, image: Image, landmarks_px: Points) -> Matrix | None:
        """Guess the matrix that has cut an aligned picture.

        Args:
            image: (s, s, 3) RGB uint8, the face in its middle.
            landmarks_px: (68, 2) float32, frame pixels.

        Returns:
            (2, 3) float32; None where no face is seen.
        """
        mesh_px = self._mesh(image)
        if mesh_px is None:
            return None
        in_image, in_frame = common_points(mesh_px, landmarks_px)
        return fit_trimmed(in_frame, in_image)

    def _mesh(self, image: Image) -> Points | None:
        region, points = self._region(image), None
        for _ in range(_LOOKS):
            mesh = self._landmarker.find(image, region)
            if mesh.score < MIN_SCORE:
                return None
            points = mesh.points_px
            region = region_of_points(points)
        return points

    def _region(self, image: Image) -> FaceSquare:
        """Where the face nearest to the middle is; other people may be seen beside it."""
        middle = (image.shape[0] - 1) / 2
        for detector in self._detectors:
            regions = [region_of_detection(found) for found in detector.detect(image)]
            if regions:
                return min(regions, key=lambda r: float(np.hypot(r.x_px - middle, r.y_px - middle)))
        return FaceSquare(x_px=middle, y_px=middle, side_px=_MIDDLE * image.shape[0], roll_rad=0.0)


def fit_trimmed(from_px: Points, to_px: Points) -> Matrix | None:
    """The similarity that carries most of some points onto others, whatever the rest do.

    Args:
        from_px: (n, 2) float32.
        to_px: (n, 2) float32, the same points.

    Returns:
        (2, 3) float32; None where the points lie in one place.
    """
    count = int(np.ceil(_TRUSTED * len(from_px)))
    trusted: NDArray[np.intp] = np.arange(len(from_px))
    try:
        for _ in range(_ROUNDS):
            matrix = fit_similarity(from_px[trusted], to_px[trusted])
            off = np.linalg.norm(transform_points(matrix, from_px) - to_px, axis=1)
            trusted = np.argsort(off, kind="stable")[:count]
        return fit_similarity(from_px[trusted], to_px[trusted])
    except ValueError:
        return None
