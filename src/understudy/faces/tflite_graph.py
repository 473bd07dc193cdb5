"""Write down a network as a TensorFlow Lite file, operator by operator."""

from __future__ import annotations

from typing import Any

import flatbuffers  # pyright: ignore[reportMissingTypeStubs]
import numpy as np
from ai_edge_litert import schema_py_generated  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

_schema: Any = schema_py_generated  # made by a program, without types
_SCHEMA_VERSION = 3

Shape = tuple[int, ...]


class Graph:
    """A network in the making. Pictures are (1, height, width, channels) float32, named by numbers."""

    def __init__(self, input_shape: Shape) -> None:
        """Start from one input.

        Args:
            input_shape: (1, height, width, channels).
        """
        self._graph: Any = _schema.SubGraphT()
        self._graph.tensors, self._graph.operators = [], []
        self._buffers: list[Any] = [_schema.BufferT()]  # the first one means "no data"
        self._codes: list[int] = []
        self.input = self._tensor(input_shape)

    def shape(self, tensor: int) -> Shape:
        """What shape a tensor has."""
        return tuple(self._graph.tensors[tensor].shape)

    def convolution(
        self, tensor: int, weights: NDArray[np.float32], bias: NDArray[np.float32], stride: int, *, relu: bool
    ) -> int:
        """Convolve with (out, k, k, in) weights; at stride 1 the size is kept, else nothing is padded."""
        padded = stride == 1
        _, height, width, _ = self.shape(tensor)
        size = weights.shape[1]
        options = _schema.Conv2DOptionsT()
        options.padding = _schema.Padding.SAME if padded else _schema.Padding.VALID
        options.strideH = options.strideW = stride
        options.fusedActivationFunction = _activation(relu)
        extents = (height, width) if padded else (_steps(height, size, stride), _steps(width, size, stride))
        inputs = [tensor, self._constant(weights), self._constant(bias)]
        return self._operator("CONV_2D", inputs, (1, *extents, len(weights)), options)

    def pool(self, tensor: int, kind: str, size: int, stride: int) -> int:
        """The maximum ("max") or mean ("avg") of squares that lie wholly in the picture."""
        _, height, width, channels = self.shape(tensor)
        options = _schema.Pool2DOptionsT()
        options.padding = _schema.Padding.VALID
        options.strideH = options.strideW = stride
        options.filterHeight = options.filterWidth = size
        name = {"max": "MAX_POOL_2D", "avg": "AVERAGE_POOL_2D"}[kind]
        shape = (1, _steps(height, size, stride), _steps(width, size, stride), channels)
        return self._operator(name, [tensor], shape, options)

    def add(self, first: int, second: int, *, relu: bool) -> int:
        """The sum of two pictures; whatever is smaller is filled up with zeros at the end of each axis."""
        shape = tuple(max(a, b) for a, b in zip(self.shape(first), self.shape(second), strict=True))
        options = _schema.AddOptionsT()
        options.fusedActivationFunction = _activation(relu)
        return self._operator("ADD", [self._grown(first, shape), self._grown(second, shape)], shape, options)

    def mean(self, tensor: int) -> int:
        """The mean of each channel, (1, channels)."""
        axes = self._constant(np.array([1, 2], np.int32))
        return self._operator("MEAN", [tensor, axes], (1, self.shape(tensor)[3]), _schema.ReducerOptionsT())

    def dense(self, tensor: int, weights: NDArray[np.float32]) -> int:
        """The product of a (1, in) tensor and (out, in) weights, (1, out)."""
        options = _schema.FullyConnectedOptionsT()
        return self._operator(
            "FULLY_CONNECTED", [tensor, self._constant(weights)], (1, len(weights)), options
        )

    def file(self, output: int) -> bytes:
        """The content of the file, with this output."""
        self._graph.inputs, self._graph.outputs = [self.input], [output]
        model = _schema.ModelT()
        model.version = _SCHEMA_VERSION
        model.subgraphs, model.buffers = [self._graph], self._buffers
        model.operatorCodes = [_operator_code(code) for code in self._codes]
        builder: Any = flatbuffers.Builder()
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _grown(self, tensor: int, shape: Shape) -> int:
        own = self.shape(tensor)
        if own == shape:
            return tensor
        after = [[0, wanted - have] for have, wanted in zip(own, shape, strict=True)]
        amounts = self._constant(np.array(after, np.int32))
        return self._operator("PAD", [tensor, amounts], shape, _schema.PadOptionsT())

    def _operator(self, name: str, inputs: list[int], shape: Shape, options: Any) -> int:  # noqa: ANN401
        code = int(getattr(_schema.BuiltinOperator, name))
        if code not in self._codes:
            self._codes.append(code)
        operator = _schema.OperatorT()
        operator.opcodeIndex = self._codes.index(code)
        operator.inputs, operator.outputs = inputs, [self._tensor(shape)]
        operator.builtinOptions = options
        # the options' type is named as their class, without the T
        operator.builtinOptionsType = getattr(
            _schema.BuiltinOptions, type(options).__name__.removesuffix("T")
        )
        self._graph.operators.append(operator)
        return operator.outputs[0]

    def _constant(self, values: NDArray[Any]) -> int:
        buffer = _schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self._buffers.append(buffer)
        kinds = {"float32": _schema.TensorType.FLOAT32, "int32": _schema.TensorType.INT32}
        return self._tensor(values.shape, len(self._buffers) - 1, kinds[values.dtype.name])

    def _tensor(self, shape: Shape, buffer: int = 0, kind: int = _schema.TensorType.FLOAT32) -> int:
        tensor = _schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer = list(shape), kind, buffer
        tensor.name = f"tensor_{len(self._graph.tensors)}"
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1


def _steps(extent: int, size: int, stride: int) -> int:
    return (extent - size) // stride + 1


def _activation(relu: bool) -> int:
    kinds = _schema.ActivationFunctionType
    return kinds.RELU if relu else kinds.NONE


def _operator_code(code: int) -> Any:  # noqa: ANN401
    operator = _schema.OperatorCodeT()
    # readers older than the wider field look at the narrow one
    operator.builtinCode = operator.deprecatedBuiltinCode = code
    operator.version = 1
    return operator
