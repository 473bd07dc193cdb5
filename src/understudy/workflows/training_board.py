"""Training as TensorBoard shows it: scalars and preview pictures."""

from __future__ import annotations

import io
import os
import platform
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from understudy.core.errors import ConfigError

FOLDER = "tensorboard"  # inside the model's
_RGB = 3  # as TensorBoard counts colour spaces


class Board(Protocol):
    """What training is shown on; each method may raise an OSError."""

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Add numbers by name."""

    def picture(self, jpeg: bytes, size: tuple[int, int], step: int) -> None:
        """Add a preview: a file, and its width and height in pixels."""

    def close(self) -> None:
        """Write what is still held."""


class NoBoard:
    """A `Board` for nobody."""

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Drop them."""

    def picture(self, jpeg: bytes, size: tuple[int, int], step: int) -> None:
        """Drop it."""

    def close(self) -> None:
        """Nothing is held."""


class TensorBoard:
    """A `Board` that writes TensorBoard's event files; each run adds one.

    What cannot be written is left out, and the file stays whole: a later step may be written again. PyTorch's
    own writer works in a thread, which a full disk ends with a traceback.

    Args:
        model: the model's folder.

    Raises:
        ConfigError: TensorBoard is not installed.
    """

    def __init__(self, model: Path) -> None:
        """Look for TensorBoard; the run's file is opened when there is something to write."""
        try:  # not everybody has it installed
            from tensorboard.compat.proto import event_pb2
            from tensorboard.summary.writer.record_writer import RecordWriter
            from torch.utils.tensorboard import summary
        except ImportError as error:
            raise ConfigError(
                "TensorBoard is not installed",
                "pip install understudy[tensorboard], or leave out --tensorboard",
            ) from error
        self._event: Any = event_pb2.Event  # pyright: ignore[reportAttributeAccessIssue]  # made on import
        self._record_writer, self._summary = RecordWriter, summary
        name = f"events.out.tfevents.{time.time():.6f}.{platform.node()}.{os.getpid()}"  # read in this order
        self._path = model / FOLDER / name
        self._length = 0  # of what is whole

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Add numbers by name."""
        self._add([self._summary.scalar(name, value) for name, value in values.items()], step)

    def picture(self, jpeg: bytes, size: tuple[int, int], step: int) -> None:
        """Add a preview: a file, and its width and height in pixels."""
        summary = self._summary.scalar("preview", 0.0)  # a summary of the right kind, to be filled anew
        value = summary.value[0]
        value.ClearField("simple_value")
        width, height = size
        value.image.height, value.image.width, value.image.colorspace = height, width, _RGB
        # as it is: its manifest stays in it
        value.image.encoded_image_string = jpeg
        self._add([summary], step)

    def close(self) -> None:
        """Nothing is held."""

    def _add(self, summaries: list[Any], step: int) -> None:
        records = io.BytesIO()
        writer = self._record_writer(records)
        now = time.time()
        if not self._length:
            writer.write(self._event(wall_time=now, file_version="brain.Event:2").SerializeToString())
        for summary in summaries:
            writer.write(self._event(wall_time=now, step=step, summary=summary).SerializeToString())
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab", buffering=0) as file:
            try:
                rest = records.getbuffer()
                while rest:  # on a disk that is nearly full only a part is written, and the next one fails
                    rest = rest[file.write(rest) :]
            except OSError:
                file.truncate(self._length)
                raise
        self._length += len(records.getbuffer())


class SteadyBoard:
    """Another `Board` whose failures do not end training: the first is told, what fails is left out.

    Args:
        board: the other one.
        warn: told what the user should know.
    """

    def __init__(self, board: Board, warn: Callable[[str], None]) -> None:
        """Nothing has failed yet."""
        self._board, self._warn, self._told = board, warn, False

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Add numbers by name."""
        self._try(lambda: self._board.scalars(values, step))

    def picture(self, jpeg: bytes, size: tuple[int, int], step: int) -> None:
        """Add a preview: a file, and its width and height in pixels."""
        self._try(lambda: self._board.picture(jpeg, size, step))

    def close(self) -> None:
        """Write what is still held."""
        self._try(self._board.close)

    def _try(self, show: Callable[[], None]) -> None:
        try:
            show()
        except OSError as error:
            if not self._told:
                self._told = True
                self._warn(f"TensorBoard misses what cannot be written ({error}); training goes on")
