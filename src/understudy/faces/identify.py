"""Whose face it is: a vector that is near for one person and far for two."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any, Protocol, cast

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

SAME_PERSON_DISTANCE = 0.6  # dlib's own threshold on photographs

# the order in which dlib's aligner takes its five points
_FIVE_POINTS = (RIGHT_EYE_OUTER, RIGHT_EYE_INNER, LEFT_EYE_OUTER, LEFT_EYE_INNER, NOSE_BASE)


class _DlibNetwork(Protocol):
    def compute_face_descriptor(self, img: Image) -> Iterable[float]: ...


class _Dlib(Protocol):
    """The part of dlib, which comes without types, that is used here."""

    def face_recognition_model_v1(self, filename: str) -> _DlibNetwork: ...
    def points(self, initial: list[Any]) -> Any: ...  # noqa: ANN401  # opaque to us
    def point(self, x: int, y: int) -> Any: ...  # noqa: ANN401
    def rectangle(self, left: int, top: int, right: int, bottom: int) -> Any: ...  # noqa: ANN401
    def full_object_detection(self, rect: Any, parts: Any) -> Any: ...  # noqa: ANN401
    def get_face_chip(self, img: Image, face: Any, size: int, padding: float) -> Image: ...  # noqa: ANN401


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
        # slow to import, and only this class needs it
        self._dlib = cast(_Dlib, importlib.import_module("dlib"))
        path = weights_path("dlib_face_recognition_resnet_model_v1.dat", on_event)
        self._network = self._dlib.face_recognition_model_v1(str(path))

    def vector(self, image: Image, face: Face) -> Vector:
        """(128,) float32 identity vector of a face in an (h, w, 3) RGB uint8 frame."""
        dlib = self._dlib
        corners = face.landmarks_px[list(_FIVE_POINTS), :2].round().astype(int)
        points = dlib.points([dlib.point(int(x), int(y)) for x, y in corners])
        x0, y0, x1, y1 = (round(float(v)) for v in face.box_px)
        shape = dlib.full_object_detection(dlib.rectangle(x0, y0, x1, y1), points)
        chip = dlib.get_face_chip(np.ascontiguousarray(image), shape, size=150, padding=0.25)
        return np.array(list(self._network.compute_face_descriptor(chip)), np.float32)
