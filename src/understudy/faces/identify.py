"""Whose face it is: a vector that is near for one person and far for two."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from understudy.core.events import OnEvent, ignore
from understudy.core.geometry import fit_similarity, inverse
from understudy.core.picture import Picture
from understudy.core.types import Image, Vector
from understudy.faces.crop import cut
from understudy.faces.dlib_network import DlibNetwork
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
# of the means of many faces, which vary less: of one person in two lights up to 0.20, of two people from 0.47
SAME_MEAN_DISTANCE = 0.42

_WEIGHTS = "dlib_face_recognition_resnet_model_v1.dat"
FIVE_POINTS = (RIGHT_EYE_OUTER, RIGHT_EYE_INNER, LEFT_EYE_OUTER, LEFT_EYE_INNER, NOSE_BASE)
# where dlib's aligner puts them, in units of the chip's side (`scripts/measure_chip_template.py`)
_TEMPLATE = np.array([[0.735, 0.307], [0.602, 0.319], [0.250, 0.309], [0.388, 0.318], [0.492, 0.589]])


class Embedder(Protocol):
    """Anything that gives identity vectors, compared by Euclidean distance."""

    def vector(self, image: Image | Picture, face: Face) -> Vector:
        """Identity vector of a face in an (h, w, 3) RGB uint8 frame."""
        ...


class Identifier:
    """The 128-d face recognition network of dlib."""

    def __init__(self, on_event: OnEvent = ignore) -> None:
        """Load the network, fetching its weights if they are not here.

        Raises:
            WeightsError: the weights cannot be had.
        """
        self._network = DlibNetwork(weights_path(_WEIGHTS, on_event))

    def vector(self, image: Image | Picture, face: Face) -> Vector:
        """(128,) float32 identity vector of a face in an (h, w, 3) RGB uint8 frame; from any thread."""
        return self.vector_of(self.chip(image, face))

    def chip(self, image: Image | Picture, face: Face) -> Image:
        """The picture that a face's vector is made from, for later."""
        return face_chip(image, face, self._network.input_px)

    def vector_of(self, chip: Image) -> Vector:
        """(128,) float32 identity vector of a face's `chip`; from any thread."""
        return self._network.vector(chip)


def face_chip(image: Image | Picture, face: Face, size_px: int) -> Image:
    """The upright face as dlib cuts it out for its network.

    Returns:
        (size, size, 3) RGB uint8; beyond the frame its border is repeated.

    Reference:
        King, dlib, `get_face_chip` with five points.
    """
    points = face.landmarks_px[list(FIVE_POINTS), :2]
    in_chip = _TEMPLATE * size_px - 0.5
    # fitted this way round as dlib does: the other way a profile, which fits badly, becomes larger
    frame_from_chip = fit_similarity(in_chip.astype(np.float32), points)
    chip_from_frame = inverse(frame_from_chip)
    return cut(image, chip_from_frame, size_px)
