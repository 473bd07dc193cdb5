"""The face recognition network of dlib, run by LiteRT."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from understudy.core.types import Image, Vector
from understudy.faces.prepared import prepared
from understudy.faces.tflite import PictureNetwork

_PIECES_VERSION = 1  # of how the file is written down anew


class DlibNetwork:
    """A residual network from a face chip to a vector, on one thread, without the interpreter's lock.

    Args:
        weights: dlib's own file of the network.

    Attributes:
        input_px: side of the square chip that it reads.

    Reference:
        King, dlib_face_recognition_resnet_model_v1 (a ResNet-29 trained with a metric loss), 2017.
    """

    def __init__(self, weights: Path) -> None:
        """Read dlib's own file of the network.

        Raises:
            WeightsError: the file is not such a network.
        """
        pieces = prepared(weights, _PIECES_VERSION, lambda: _pieces(weights))
        self._mean_rgb = np.frombuffer(pieces["mean_rgb"], np.float32)
        self._network = PictureNetwork(pieces["network"])
        self.input_px = self._network.input_px
        self._one_at_a_time = threading.Lock()

    def vector(self, chip: Image) -> Vector:
        """(128,) float32 vector of an (`input_px`, `input_px`, 3) RGB uint8 chip; from any thread.

        Raises:
            ValueError: the chip has another shape.
        """
        picture = ((chip - self._mean_rgb) / np.float32(256))[None]
        with self._one_at_a_time:
            (vector,) = self._network.run(picture)
        return vector[0]


def _pieces(weights: Path) -> dict[str, bytes]:
    """The network as LiteRT reads it, and the colour that it takes away."""
    from understudy.faces.dlib_graph import as_tflite  # imports slowly, and is seldom needed

    network, mean_rgb = as_tflite(weights)
    return {"network": network, "mean_rgb": np.array(mean_rgb, np.float32).tobytes()}
