"""Take a TensorFlow Lite file apart: the part between two places, and what its own operators are told.

A file with operators that no interpreter knows runs in parts, with those operators done in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, cast

import flatbuffers  # pyright: ignore[reportMissingTypeStubs]
from ai_edge_litert import schema_py_generated  # pyright: ignore[reportMissingTypeStubs]
from flatbuffers import flexbuffers  # pyright: ignore[reportMissingTypeStubs]

_schema: Any = schema_py_generated  # made by a program, without types
_flexbuffers: Any = flexbuffers


class NetworkFile:
    """What a TensorFlow Lite file with one graph says."""

    def __init__(self, content: bytes) -> None:
        """Read the content of a file."""
        self._model: Any = _schema.ModelT.InitFromObj(_schema.Model.GetRootAs(content, 0))
        self._graph: Any = self._model.subgraphs[0]

    def part_between(self, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
        """A network of its own that computes some tensors from others.

        Args:
            inputs: names of the tensors that are given, in the order in which they will be.
            outputs: names of the tensors that are wanted.

        Returns:
            The content of a TensorFlow Lite file.

        Raises:
            ValueError: no tensor has such a name, or an output depends on more than the inputs.
        """
        named = {tensor.name.decode(): number for number, tensor in enumerate(self._graph.tensors)}
        if missing := [name for name in (*inputs, *outputs) if name not in named]:
            raise ValueError(f"this network has no tensor called {missing[0]}")
        graph, model = copy(self._graph), copy(self._model)
        graph.inputs, graph.outputs = [named[name] for name in inputs], [named[name] for name in outputs]
        graph.operators = self._needed(set(graph.inputs), set(graph.outputs))
        model.subgraphs, model.buffers = [graph], self._read_by(graph.operators)
        # what describes the whole file is not true of a part
        model.metadata = model.metadataBuffer = model.signatureDefs = None
        builder: Any = flatbuffers.Builder()
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def custom_options(self, operator: str) -> list[dict[str, Any]]:
        """What each operator of a custom kind is told, in the order of the graph."""
        return [
            cast(dict[str, Any], _flexbuffers.Loads(bytes(step.customOptions)))
            for step in self._graph.operators
            if self._model.operatorCodes[step.opcodeIndex].customCode == operator.encode()
        ]

    def _needed(self, given: set[int], outputs: set[int]) -> list[Any]:
        """The operators between some tensors and others, in their order."""
        wanted, kept = set(outputs), list[Any]()
        for operator in reversed(self._graph.operators):  # an operator never comes before what it reads
            if (wanted - given).intersection(int(t) for t in operator.outputs):
                kept.append(operator)
                wanted.update(int(t) for t in operator.inputs if t >= 0)
        made = {int(t) for operator in kept for t in operator.outputs}
        constant = {t for t, x in enumerate(self._graph.tensors) if self._buffer(x).data is not None}
        if open_ends := wanted - made - given - constant:
            name = self._graph.tensors[min(open_ends)].name.decode()
            raise ValueError(f"the outputs also depend on {name}")
        return kept[::-1]

    def _read_by(self, operators: list[Any]) -> list[Any]:
        """The file's buffers, those emptied that no operator reads."""
        read = {int(t) for operator in operators for t in operator.inputs if t >= 0}
        used = {self._graph.tensors[t].buffer for t in read}
        return [
            buffer if number in used else _schema.BufferT()
            for number, buffer in enumerate(self._model.buffers)
        ]

    def _buffer(self, tensor: Any) -> Any:  # noqa: ANN401
        return self._model.buffers[tensor.buffer]
