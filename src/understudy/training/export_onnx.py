"""Networks as ONNX files, and the same files run in ONNX Runtime to see whether they compute the same."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from understudy.core.errors import ModelError, UnderstudyError

if TYPE_CHECKING:
    import onnx

OPSET = 18
TOLERANCE = 1e-3  # largest difference between ONNX Runtime and torch, of values in [0, 1]
_IR_VERSION = 8  # what belongs to the operator set; exporters write 10, which ONNX Runtime reads from 1.18 on
_MOST_BYTES = 2**31 - 2**20  # protocol buffers end at 2 GiB
_PACKAGES = ("onnx", "onnxruntime", "onnxscript")
_CHATTY = ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")


def check_packages() -> None:
    """Find out before any work whether what exporting needs is installed.

    Raises:
        UnderstudyError: a package is missing.
    """
    for name in _PACKAGES:
        try:
            import_module(name)
        except ImportError as error:
            raise UnderstudyError(
                f"exporting needs the package {name}, which is not installed",
                "pip install 'understudy[export]'",
            ) from error


def onnx_bytes(
    network: nn.Module,
    example: Tensor,
    *,
    names: tuple[str, Sequence[str]],
    about: str,
    properties: Mapping[str, str],
) -> bytes:
    """Write a network down as ONNX, in float32, with its weights, for batches of any size.

    Args:
        network: takes one tensor and gives one or more; it is put into evaluation mode.
        example: what it takes, two or more in a batch.
        names: of the input and of the outputs, in order.
        about: what it is, for people.
        properties: what it is, for programs.

    Raises:
        ModelError: ONNX cannot hold it.
    """
    weights = sum(value.numel() * value.element_size() for value in network.state_dict().values())
    if weights > _MOST_BYTES:
        raise ModelError(
            f"the networks are {weights / 1e9:.1f} GB, and one ONNX file holds 2.1", "use a smaller preset"
        )
    proto = _traced(network.eval(), example, names)
    proto.producer_name, proto.producer_version = "Understudy", version("understudy")
    proto.doc_string = about
    proto.ir_version = _IR_VERSION
    del proto.metadata_props[:]
    for key, value in properties.items():
        proto.metadata_props.add(key=key, value=value)
    graph = proto.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")  # of the exporter, about our code; newer than this IR version
    return proto.SerializeToString()


def _traced(network: nn.Module, example: Tensor, names: tuple[str, Sequence[str]]) -> onnx.ModelProto:
    from torch.onnx import OnnxExporterError

    try:
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                _for_any_batch(network, example),
                dynamo=True,
                verbose=False,
                opset_version=OPSET,
                input_names=[names[0]],
                output_names=list(names[1]),
            )
    except (OnnxExporterError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelError(f"the networks cannot be written as ONNX ({reason})", "please report it") from error
    assert program is not None
    proto = program.model_proto
    _name_batch(proto.graph)
    return proto


def _for_any_batch(network: nn.Module, example: Tensor) -> torch.export.ExportedProgram:
    shapes = ({0: torch.export.Dim("batch")},)
    try:
        return torch.export.export(network, (example,), dynamic_shapes=shapes, strict=False)
    except RuntimeError:
        # a network that says len(batch), which the quick way takes for a constant
        return torch.export.export(network, (example,), dynamic_shapes=shapes, strict=True)


def _name_batch(graph: onnx.GraphProto) -> None:
    """Call the first size of all "batch"; the exporter makes a name up.

    Raises:
        ModelError: it is a constant, so that only batches of one size could be computed.
    """
    made_up = graph.input[0].type.tensor_type.shape.dim[0].dim_param
    if not made_up:
        raise ModelError(f"{graph.input[0].name} would be of one batch size only", "please report it")
    for value in (*graph.input, *graph.output, *graph.value_info):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param:
                dim.dim_param = re.sub(rf"\b{made_up}\b", "batch", dim.dim_param)


@contextmanager
def _quiet() -> Generator[None]:
    """Keep what the exporter has to say to its own developers off the error stream."""
    loggers = [logging.getLogger(name) for name in _CHATTY]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


class OnnxNetwork:
    """An ONNX file in ONNX Runtime, on the CPU."""

    def __init__(self, path: Path) -> None:
        """Load it."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        # the file may lie under any name, e.g. one that ends in .part.dfm
        self._session: Any = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Run a batch through it; the outputs in their order."""
        name = self._session.get_inputs()[0].name
        return self._session.run(None, {name: np.ascontiguousarray(batch)})


def check_difference(what: str, difference: float) -> None:
    """Raise where an exported network computes something else than the model.

    Raises:
        ModelError: `difference` is above `TOLERANCE`, or not a number.
    """
    if not difference <= TOLERANCE:
        raise ModelError(
            f"{what} draws otherwise in ONNX Runtime than in torch, by {difference:.2g} of 1",
            "nothing was written; try another version of onnxruntime, and report it",
        )


def example_faces(size_px: int) -> NDArray[np.uint8]:
    """Pictures to compare on, (3, s, s, 3) uint8: soft blobs, noise, and both."""
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:size_px, :size_px] / size_px
    waves = [np.sin(2 * np.pi * (a * rows + b * columns)) for a, b in ((1, 0.5), (0.5, 1), (1.5, 1.5))]
    soft = 0.5 + 0.4 * np.stack(waves, axis=-1)
    noise = random.random(soft.shape)
    return (255 * np.stack([soft, noise, (soft + noise) / 2])).astype(np.uint8)
