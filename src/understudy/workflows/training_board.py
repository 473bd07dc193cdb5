"""Training as TensorBoard shows it: scalars and preview pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from understudy.core.errors import ConfigError
from understudy.core.types import Image

FOLDER = "tensorboard"  # inside the model's


class Board(Protocol):
    """What training is shown on."""

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Add numbers by name."""

    def picture(self, image: Image, step: int) -> None:
        """Add a preview, (h, w, 3) RGB uint8."""

    def close(self) -> None:
        """Write what is still held."""


class NoBoard:
    """A `Board` for nobody."""

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Drop them."""

    def picture(self, image: Image, step: int) -> None:
        """Drop it."""

    def close(self) -> None:
        """Nothing is held."""


class TensorBoard:
    """A `Board` that writes TensorBoard's event files; each run adds one.

    Args:
        model: the model's folder.

    Raises:
        ConfigError: TensorBoard is not installed.
    """

    def __init__(self, model: Path) -> None:
        """Open the run's file."""
        try:
            from torch.utils.tensorboard import SummaryWriter  # not everybody has it installed
        except ImportError as error:
            raise ConfigError(
                "TensorBoard is not installed",
                "pip install understudy[tensorboard], or leave out --tensorboard",
            ) from error
        self._writer = SummaryWriter(str(model / FOLDER))

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Add numbers by name."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def picture(self, image: Image, step: int) -> None:
        """Add a preview, (h, w, 3) RGB uint8."""
        self._writer.add_image("preview", image, step, dataformats="HWC")

    def close(self) -> None:
        """Write what is still held."""
        self._writer.close()
