"""Run a TensorFlow Lite network that reads square pictures."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import threading
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypedDict, cast

import numpy as np
from ai_edge_litert.interpreter import Interpreter  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

# LiteRT writes it at the first network of a process and has no option to leave it out
_CHATTER = re.compile(rb"^INFO: Created TensorFlow Lite XNNPACK delegate for CPU\.\r?\n", re.MULTILINE)
_ERROR_STREAM = 2
_redirecting = threading.Lock()  # the stream is the process's, not a thread's


class _Details(TypedDict):
    index: int
    shape: NDArray[np.int32]


class _Interpreter(Protocol):
    """The part of LiteRT's untyped interpreter that is used here."""

    def allocate_tensors(self) -> None: ...
    def get_input_details(self) -> list[_Details]: ...
    def get_output_details(self) -> list[_Details]: ...
    def set_tensor(self, tensor_index: int, value: NDArray[Any]) -> None: ...
    def invoke(self) -> None: ...
    def get_tensor(self, tensor_index: int) -> NDArray[np.float32]: ...


class PictureNetwork:
    """A network of one float picture, or of several of one size, on one thread.

    Args:
        input_px: side of the square pictures that it reads.
        output_shapes: of its outputs, largest first.
    """

    def __init__(self, weights: Path | bytes) -> None:
        """Load a TensorFlow Lite file, or the content of one."""
        path, content = (None, weights) if isinstance(weights, bytes) else (str(weights), None)
        with _without_chatter():
            self._network = cast(_Interpreter, Interpreter(path, content, num_threads=1))
            self._network.allocate_tensors()
        details = self._network.get_input_details()
        self._inputs = [d["index"] for d in details]
        self.input_px = int(details[0]["shape"][1])
        outputs = sorted(self._network.get_output_details(), key=lambda d: -int(np.prod(d["shape"])))
        self._outputs = [d["index"] for d in outputs]
        self.output_shapes = [tuple(int(n) for n in d["shape"]) for d in outputs]

    def run(self, *pictures_1HWC: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        """The outputs, largest first, for (1, `input_px`, `input_px`, channels) float32 pictures.

        Raises:
            ValueError: a picture has another shape or type, or there are more or fewer than it reads.
        """
        for index, picture in zip(self._inputs, pictures_1HWC, strict=True):
            self._network.set_tensor(index, picture)
        self._network.invoke()
        return [self._network.get_tensor(index) for index in self._outputs]


@contextlib.contextmanager
def _without_chatter() -> Generator[None]:
    """Hold back what is written to standard error, by whichever thread; all but the chatter follows."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(_redirecting)
        try:
            stream = os.dup(_ERROR_STREAM)
            stack.callback(os.close, stream)
            held = stack.enter_context(tempfile.TemporaryFile())
        except OSError:  # no standard error, or nowhere to hold it back
            yield
            return
        os.dup2(held.fileno(), _ERROR_STREAM)
        try:
            yield
        finally:
            os.dup2(stream, _ERROR_STREAM)
            held.seek(0)
            with contextlib.suppress(OSError), open(stream, "wb", closefd=False) as error_stream:
                error_stream.write(_CHATTER.sub(b"", held.read()))
