"""What a training is told while it runs, by whoever can write to its model's folder.

Each order is a small file in `MODEL/orders`, named so that they sort by age. The training takes them between
two steps, saves what they have changed, and only then removes them: an order survives a kill. It is for one
training: what that has not taken at its end is removed, and another one begins without it.
"""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from understudy.core.bounded import read_bounded
from understudy.core.errors import ConfigError, ModelError
from understudy.core.files import write_atomically
from understudy.workflows.training_look import look

NO_FOCUS = "none"  # in place of a list
LEAST_RATE, MOST_RATE = 0.001, 10.0
_FOLDER = "orders"
_MOST_BYTES = 1 << 16
_MOST_ORDERS = 1000


class TrainingOrder(BaseModel):
    """One order; what is None stays as it is.

    Args:
        rate: learning rate as a share of what the schedule says.
        focus: file of worst frames, or of chosen faces, whose like are drawn more often; "none" ends that.
        pause: save and wait, or go on.
        finish: let the rate fall now, and end as if the time were over.
        stop: save and end, as Ctrl-C does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    rate: Annotated[float, Field(ge=LEAST_RATE, le=MOST_RATE, allow_inf_nan=False)] | None = None
    focus: str | None = Field(default=None, max_length=4096)
    pause: bool | None = None
    finish: bool = False
    stop: bool = False


class NotTrainedError(ModelError):
    """No training has begun that could take an order, or it is over."""


def place_training_order(model: Path, order: TrainingOrder) -> Path:
    """Leave an order for the training of a model; its file.

    Raises:
        ConfigError: it orders nothing.
        NotTrainedError: there is no such model, or its training is over.
        ModelError: the model's orders are a link to elsewhere.
        UnderstudyError: it cannot be written.
    """
    if order == TrainingOrder():
        raise ConfigError(
            "nothing is to be changed", "say what: --rate, --focus, --pause, --finish or --stop"
        )
    seen = look(model)
    if seen.preset is None:
        raise NotTrainedError(f"{model} holds no model", "name one, once its training has begun")
    if seen.finished:
        raise NotTrainedError(f"the training of {model} is over", "train it further, with --resume")
    folder = model / _FOLDER
    if folder.is_symlink():
        raise ModelError(f"{folder} is a link out of the model", "remove it")
    path = folder / f"{time.time_ns():020d}_{secrets.token_hex(4)}.json"
    _write(path, order)
    return path


def training_orders(model: Path) -> list[tuple[Path, TrainingOrder]]:
    """Orders that wait, the oldest first; what is no order is removed."""
    folder = model / _FOLDER
    if folder.is_symlink() or not folder.is_dir():
        return []
    found: list[tuple[Path, TrainingOrder]] = []
    for path in sorted(folder.glob("*.json"))[:_MOST_ORDERS]:
        try:
            found.append((path, TrainingOrder.model_validate_json(read_bounded(path, _MOST_BYTES))))
        except (OSError, ValidationError):
            forget([path])
    return found


def forget(paths: list[Path]) -> None:
    """Remove orders that are done."""
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def forget_all(model: Path) -> int:
    """Remove every order, as the training that they were for is over; how many these were."""
    left = training_orders(model)
    forget([path for path, _ in left])
    return len(left)


def forget_ends(model: Path) -> None:
    """Take ends and pauses that nobody was there to hear out of orders: a training that begins is wanted."""
    for path, order in training_orders(model):
        pause = None if order.pause else order.pause
        kept = order.model_copy(update={"pause": pause, "finish": False, "stop": False})
        if kept == TrainingOrder():
            forget([path])
        elif kept != order:
            _write(path, kept)


def _write(path: Path, order: TrainingOrder) -> None:
    write_atomically(path, order.model_dump_json(exclude_defaults=True).encode())
