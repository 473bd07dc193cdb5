"""Write dlib's face recognition network down anew, as a TensorFlow Lite graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from understudy.core.errors import WeightsError
from understudy.faces.dlib_weights import (
    AddEarlier,
    Affine,
    Array,
    Convolution,
    Dense,
    Layer,
    Picture,
    Pool,
    Rectify,
    read_layers,
)
from understudy.faces.tflite_graph import Graph

_L = TypeVar("_L", bound=Layer)


def as_tflite(weights: Path) -> tuple[bytes, tuple[float, ...]]:
    """The network, and the colour that it takes from what it reads.

    Args:
        weights: dlib's own file of the network.

    Returns:
        The content of a TensorFlow Lite file, and red, green and blue from 0 to 255.

    Raises:
        WeightsError: the file is not such a network.
    """
    layers = _Layers(read_layers(weights.read_bytes(), weights.name), weights.name)
    picture = layers.take(Picture)
    return _as_tflite(picture.size_px, layers), picture.mean_rgb


class _Layers:
    """The layers, taken one after the other in the order that is expected."""

    def __init__(self, layers: Sequence[Layer], name: str) -> None:
        self._layers, self._name, self._at = layers, name, 0

    def next_is(self, kind: type[Layer]) -> bool:
        return self._at < len(self._layers) and isinstance(self._layers[self._at], kind)

    def take(self, kind: type[_L]) -> _L:
        layer = self._layers[self._at] if self._at < len(self._layers) else None
        if not isinstance(layer, kind):
            raise self.error(f"layer {self._at} is {type(layer).__name__}, not {kind.__name__}")
        self._at += 1
        return layer

    def end(self) -> None:
        if self._at != len(self._layers):
            raise self.error(f"it has {len(self._layers)} layers, not {self._at}")

    def error(self, why: str) -> WeightsError:
        return WeightsError(
            f"{self._name} is not the face recognition network ({why})",
            "delete it and run `understudy weights pull`",
        )


def _as_tflite(size_px: int, layers: _Layers) -> bytes:
    """The network as the file that LiteRT reads."""
    graph = Graph((1, size_px, size_px, 3))
    signal = _convolved(graph, graph.input, layers, relu=True)
    pool = layers.take(Pool)
    signal = graph.pool(signal, pool.kind, pool.size, pool.stride)
    while layers.next_is(Convolution):
        signal = _residual(graph, signal, layers)
    if layers.take(Pool) != Pool("avg", 0, 1):
        raise layers.error("the last pool is not the mean of all")
    output = graph.dense(graph.mean(signal), np.ascontiguousarray(layers.take(Dense).weights.T))
    layers.end()
    return graph.file(output)


def _residual(graph: Graph, signal: int, layers: _Layers) -> int:
    """Two convolutions and a way around them; where they make the picture smaller, so does the way around.

    A convolution of an even picture at stride 2 gives one row less than the pool beside it: adding
    fills that up with zeros, like the channels that the way around does not have.
    """
    inner = _convolved(graph, signal, layers, relu=True)
    inner = _convolved(graph, inner, layers, relu=False)
    around = signal
    if layers.next_is(Pool):
        pool = layers.take(Pool)
        around = graph.pool(signal, pool.kind, pool.size, pool.stride)
    layers.take(AddEarlier)
    layers.take(Rectify)
    return graph.add(inner, around, relu=True)


def _convolved(graph: Graph, signal: int, layers: _Layers, *, relu: bool) -> int:
    """A convolution with the gain and shift behind it worked into its weights."""
    convolution, affine = layers.take(Convolution), layers.take(Affine)
    if relu:
        layers.take(Rectify)
    size, channels = convolution.weights.shape[2], graph.shape(signal)[3]
    if convolution.padding != (size // 2 if convolution.stride == 1 else 0):
        raise layers.error(
            f"{size} px filters of stride {convolution.stride} with padding {convolution.padding}"
        )
    if convolution.weights.shape[1] != channels or len(affine.gain) != len(convolution.bias):
        raise layers.error(f"filters of shape {convolution.weights.shape} on {channels} channels")
    weights: Array = convolution.weights * affine.gain[:, None, None, None]
    bias: Array = convolution.bias * affine.gain + affine.shift
    channels_last = np.ascontiguousarray(weights.transpose(0, 2, 3, 1))
    return graph.convolution(signal, channels_last, bias, convolution.stride, relu=relu)
