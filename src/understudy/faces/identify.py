"""Whose face it is: a vector that is near for one person and far for two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from understudy.core.events import OnEvent, ignore
from understudy.core.types import Image, Vector
from understudy.faces.face import Face
from understudy.faces.mesh import (
    LEFT_EYE_INNER,
    LEFT_EYE_OUTER,
    NOSE_BASE,
    RIGHT_EYE_INNER,
    RIGHT_EYE_OUTER,
)
from understudy.faces.weights import weights_path

if TYPE_CHECKING:
    from typing import Any

SAME_PERSON_DISTANCE = 0.6  # dlib's own threshold on photographs

# the order in which dlib's aligner takes its five points
_FIVE_POINTS = (RIGHT_EYE_OUTER, RIGHT_EYE_INNER, LEFT_EYE_OUTER, LEFT_EYE_INNER, NOSE_BASE)


class Embedder(Protocol):
    """Anything that gives identity vectors, compared by Euclidean distance."""

    def vector(self, image: Image, face: Face) -> Vector:
        """Identity vector of a face in an (h, w, 3) RGB uint8 frame."""
        ...


class Identifier:
    """The 128-d face recognition network of dlib.

    Reference:
        King, dlib_face_recognition_resnet_model_v1 (a ResNet-29 trained with a metric loss), 2017.
    """

    def __init__(self, on_event: OnEvent = ignore) -> None:
        """Load the network, fetching its weights if they are not here.

        Raises:
            WeightsError: the weights cannot be had.
        """
        import dlib  # type: ignore[import-untyped]  # slow to import, and only this class needs it

        self._dlib: Any = dlib
        path = weights_path("dlib_face_recognition_resnet_model_v1.dat", on_event)
        self._network: Any = dlib.face_recognition_model_v1(str(path))

    def vector(self, image: Image, face: Face) -> Vector:
        """(128,) float32 identity vector of a face in an (h, w, 3) RGB uint8 frame."""
        dlib = self._dlib
        points = dlib.points()
        for x, y in face.landmarks_px[list(_FIVE_POINTS), :2]:
            points.append(dlib.point(round(float(x)), round(float(y))))
        x0, y0, x1, y1 = (round(float(v)) for v in face.box_px)
        shape = dlib.full_object_detection(dlib.rectangle(x0, y0, x1, y1), points)
        chip = dlib.get_face_chip(np.ascontiguousarray(image), shape, size=150, padding=0.25)
        return np.asarray(self._network.compute_face_descriptor(chip), np.float32)
