"""Read the layers of a network that dlib stored, as far as its face recognition network needs it.

The file is one stream, without an index: a number is a control byte (how many bytes follow, and the
sign) and its bytes, least significant first; a real number is two of those, mantissa and exponent of
two; an array is a version, four extents and raw float32. First come the versions of all layers, from
the last to the first, then what each layer holds, from the first to the last.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.core.errors import WeightsError

Array = NDArray[np.float32]

_LARGEST_VERSION = 3  # a layer's version is at most this; a greater number is the length of a name
_LONGEST_NAME = 64
_LARGEST_EXPONENT = 200  # of two; float32 ends at 127


@dataclass(frozen=True, slots=True)
class Picture:
    """The input, an RGB picture; the network sees `(picture - mean_rgb) / 256`."""

    mean_rgb: tuple[float, float, float]
    size_px: int


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution with zeros around the picture: weights (out, in, k, k), bias (out,)."""

    weights: Array
    bias: Array
    stride: int
    padding: int


@dataclass(frozen=True, slots=True)
class Affine:
    """A gain and a shift a channel, (n,) each."""

    gain: Array
    shift: Array


@dataclass(frozen=True, slots=True)
class Pool:
    """The maximum or mean of a square; the mean of the whole picture where `size` is 0."""

    kind: str  # max or avg
    size: int
    stride: int


@dataclass(frozen=True, slots=True)
class Rectify:
    """Negative numbers become zero."""


@dataclass(frozen=True, slots=True)
class AddEarlier:
    """Adds an earlier output; whatever is smaller is filled up with zeros at the end of each axis."""


@dataclass(frozen=True, slots=True)
class Dense:
    """A matrix product: weights (in, out)."""

    weights: Array


Layer = Picture | Convolution | Affine | Pool | Rectify | AddEarlier | Dense


def read_layers(data: bytes, name: str) -> list[Layer]:
    """The layers of a stored network, from the picture to the vector.

    Args:
        data: the whole file.
        name: of the file, for messages.

    Raises:
        WeightsError: the file ends early, goes on after its end, or holds anything that is not known
            here. Never more is read or allocated than the file has.
    """
    stream = _Stream(data, name)
    stream.loss()
    layers: list[Layer] = [stream.picture()]
    while not stream.at_end:
        layers.append(stream.layer())
        stream.state_of_training()
        if len(layers) == 2:
            stream.expect("pictures a sample", 1)
    return layers


class _Stream:
    """The file and how far it has been read."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data, self._name, self._at = data, name, 0

    @property
    def at_end(self) -> bool:
        return self._at == len(self._data)

    def loss(self) -> None:
        """What the network was trained with."""
        self.expect("version of the loss", 1)
        if (kind := self._text(self._count("name's length", _LONGEST_NAME))) != "loss_metric_2":
            raise self._error(f"it was trained with {kind!r}")
        self._real()
        self._real()

    def picture(self) -> Picture:
        """The versions of all layers, and the input that follows them."""
        while (number := self._integer()) <= _LARGEST_VERSION:
            if number < 1:
                raise self._error(f"version {number} of a layer")
        if number > _LONGEST_NAME or self._text(number) != "input_rgb_image_sized":
            raise self._error("its input is not a picture of a fixed size")
        mean = (self._real(), self._real(), self._real())
        size = self._count("picture's height", 10_000)
        self.expect("picture's width", size)
        return Picture(mean, size)

    def layer(self) -> Layer:
        """The next layer."""
        kind = self._text(self._count("name's length", _LONGEST_NAME))
        match kind:
            case "con_4":
                return self._convolution()
            case "affine_":
                return self._affine()
            case "max_pool_2" | "avg_pool_2":
                return self._pool(kind[:3])
            case "relu_":
                return Rectify()
            case "add_prev_":
                return AddEarlier()
            case "fc_2":
                return self._dense()
            case _:
                raise self._error(f"a layer {kind!r}")

    def state_of_training(self) -> None:
        """Three flags and three arrays that only training fills."""
        if any(flag not in b"01" for flag in self._bytes(3)):
            raise self._error("flags that are neither 0 nor 1")
        for _ in range(3):
            if len(self._array()):
                raise self._error("it was stored in the midst of training")

    def expect(self, what: str, value: int) -> None:
        """Read a number that can only be this."""
        if (got := self._integer()) != value:
            raise self._error(f"{what} is {got}, not {value}")

    def _convolution(self) -> Convolution:
        parameters = self._array()
        filters = self._count("number of filters", 10_000)
        size = self._count("filter's height", 100)
        self.expect("filter's width", size)
        stride = self._count("stride", 100)
        self.expect("horizontal stride", stride)
        padding = self._count("padding", 100)
        self.expect("horizontal padding", padding)
        shape = self._shape()
        bias_shape = self._shape()
        if shape[0] != filters or shape[2:] != (size, size) or bias_shape != (1, filters, 1, 1):
            raise self._error(f"filters of shape {shape} with a bias of shape {bias_shape}")
        self._rates()
        weights, bias = self._split(parameters, math.prod(shape), filters)
        return Convolution(weights.reshape(shape), bias, stride, padding)

    def _affine(self) -> Affine:
        parameters = self._array()
        shape = self._shape()
        if self._shape() != shape or math.prod(shape) != shape[1]:
            raise self._error(f"gain of shape {shape}")
        self.expect("kind of gain", 0)
        return Affine(*self._split(parameters, shape[1], shape[1]))

    def _pool(self, kind: str) -> Pool:
        size = self._count("square's height", 100)
        self.expect("square's width", size)
        stride = self._count("stride", 100)
        self.expect("horizontal stride", stride)
        self.expect("vertical padding", 0)
        self.expect("horizontal padding", 0)
        return Pool(kind, size, stride)

    def _dense(self) -> Dense:
        outputs = self._count("number of outputs", 100_000)
        inputs = self._count("number of inputs", 100_000)
        parameters = self._array()
        shape = self._shape()
        if shape != (inputs, outputs, 1, 1) or self._shape() != (0, 0, 0, 0):
            raise self._error(f"a matrix of shape {shape}")
        self.expect("kind of bias", 1)  # none
        self._rates()
        (weights,) = self._split(parameters, inputs * outputs)
        return Dense(weights.reshape(inputs, outputs))

    def _rates(self) -> None:
        """How fast the weights and the bias learn and decay."""
        for _ in range(4):
            self._real()

    def _split(self, parameters: Array, *sizes: int) -> list[Array]:
        if len(parameters) != sum(sizes):
            raise self._error(f"{len(parameters)} parameters where {sum(sizes)} are needed")
        return np.split(parameters, np.cumsum(sizes)[:-1])

    def _array(self) -> Array:
        """The numbers of an array, flat."""
        self.expect("version of an array", 2)
        # exact whatever the extents say: these are Python's integers
        length = math.prod(self._extents())
        numbers = np.frombuffer(self._bytes(4 * length), "<f4").astype(np.float32)
        if not np.isfinite(numbers).all():
            raise self._error("a weight is not a number")
        return numbers

    def _shape(self) -> tuple[int, int, int, int]:
        """The shape that a part of an array is seen in."""
        self.expect("version of a shape", 1)
        return self._extents()

    def _extents(self) -> tuple[int, int, int, int]:
        limit = len(self._data)
        a, b, c, d = (self._count("an extent", limit) for _ in range(4))
        return a, b, c, d

    def _count(self, what: str, limit: int) -> int:
        if not 0 <= (got := self._integer()) <= limit:
            raise self._error(f"{what} is {got}")
        return got

    def _real(self) -> float:
        mantissa, exponent = self._integer(), self._integer()
        if abs(exponent) > _LARGEST_EXPONENT:
            raise self._error(f"a number with the exponent {exponent}")
        return math.ldexp(mantissa, exponent)

    def _integer(self) -> int:
        (control,) = self._bytes(1)
        length = control & 0x0F
        if control & 0x70 or not 1 <= length <= 8:
            raise self._error(f"a number starts with the byte {control:#04x}")
        size = int.from_bytes(self._bytes(length), "little")
        return -size if control & 0x80 else size

    def _text(self, length: int) -> str:
        return self._bytes(length).decode("ascii", errors="replace")

    def _bytes(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._data):
            raise self._error(f"it ends where {length} more bytes are needed")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def _error(self, why: str) -> WeightsError:
        return WeightsError(
            f"{self._name} is not a network that can be read ({why}; at byte {self._at})",
            "delete it and run `understudy weights pull`",
        )
