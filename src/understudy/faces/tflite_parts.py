"""Take a TensorFlow Lite file apart: the part between two places, and what its own operators are told.

A file with operators that no interpreter knows runs in parts, with those operators done in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import flatbuffers  # pyright: ignore[reportMissingTypeStubs]
from ai_edge_litert import schema_py_generated  # pyright: ignore[reportMissingTypeStubs]
from flatbuffers import flexbuffers  # pyright: ignore[reportMissingTypeStubs]

_schema: Any = schema_py_generated  # made by a program, without types
_flexbuffers: Any = flexbuffers


def part_between(content: bytes, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    """A network of its own that computes some tensors of a file from others.

    Args:
        content: of a TensorFlow Lite file with one graph.
        inputs: names of the tensors that are given, in the order in which they will be.
        outputs: names of the tensors that are wanted.

    Returns:
        The content of a TensorFlow Lite file.

    Raises:
        ValueError: no tensor has such a name, or an output depends on more than the inputs.
    """
    model = _read(content)
    graph = model.subgraphs[0]
    named = {tensor.name.decode(): number for number, tensor in enumerate(graph.tensors)}
    if missing := [name for name in (*inputs, *outputs) if name not in named]:
        raise ValueError(f"this network has no tensor called {missing[0]}")
    graph.inputs, graph.outputs = [named[name] for name in inputs], [named[name] for name in outputs]
    filled = {number for number, buffer in enumerate(model.buffers) if buffer.data is not None}
    graph.operators = _needed(graph, constant={t for t, x in enumerate(graph.tensors) if x.buffer in filled})
    _forget_unused(model)
    builder: Any = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def custom_options(content: bytes, operator: str) -> list[dict[str, Any]]:
    """What each operator of a custom kind is told, in the order of the graph.

    Args:
        content: of a TensorFlow Lite file with one graph.
        operator: the kind's name.
    """
    model = _read(content)
    return [
        cast(dict[str, Any], _flexbuffers.Loads(bytes(step.customOptions)))
        for step in model.subgraphs[0].operators
        if model.operatorCodes[step.opcodeIndex].customCode == operator.encode()
    ]


def _read(content: bytes) -> Any:  # noqa: ANN401
    return _schema.ModelT.InitFromObj(_schema.Model.GetRootAs(content, 0))


def _needed(graph: Any, constant: set[int]) -> list[Any]:  # noqa: ANN401
    """The operators between a graph's inputs and outputs, in their order."""
    wanted, given = {int(t) for t in graph.outputs}, {int(t) for t in graph.inputs}
    kept: list[Any] = []
    for operator in reversed(graph.operators):  # an operator never comes before what it reads
        if (wanted - given).intersection(int(t) for t in operator.outputs):
            kept.append(operator)
            wanted.update(int(t) for t in operator.inputs if t >= 0)
    made = {int(t) for operator in kept for t in operator.outputs}
    if open_ends := wanted - made - given - constant:
        raise ValueError(f"the outputs also depend on {graph.tensors[min(open_ends)].name.decode()}")
    return kept[::-1]


def _forget_unused(model: Any) -> None:  # noqa: ANN401
    """Empty the buffers that no operator reads any more."""
    graph = model.subgraphs[0]
    read = {int(t) for operator in graph.operators for t in operator.inputs if t >= 0}
    used = {graph.tensors[t].buffer for t in read}
    for number, buffer in enumerate(model.buffers):
        if number not in used:
            buffer.data = None
    # what describes the whole file is no longer true
    model.metadata = model.metadataBuffer = model.signatureDefs = None
