"""Change a training while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from understudy.core.errors import ConfigError, ModelError
from understudy.workflows.training_look import look
from understudy.workflows.training_orders import (
    LEAST_RATE,
    MOST_RATE,
    NO_FOCUS,
    TrainingOrder,
    place_training_order,
    training_orders,
)
from understudy.workflows.worst_list import read_worst


@dataclass(frozen=True, kw_only=True)
class AdjustConfig:
    """What to change; what is None stays as it is.

    Args:
        model: folder of the model that is trained.
        rate: learning rate as a share of what the schedule says.
        focus: list whose faces are drawn more often; "none" ends that.
        pause: save and wait, or go on.
        finish: let the rate fall now, and end as if the time were over.
        stop: save and end, as Ctrl-C does.
    """

    model: Path
    rate: float | None = None
    focus: str | None = None
    pause: bool | None = None
    finish: bool = False
    stop: bool = False


@dataclass(frozen=True, kw_only=True)
class AdjustResult:
    """How a training is set, as of its last save.

    Args:
        model: the folder.
        step: of its last save.
        rate: of the learning rate, as it was changed.
        paused: whether it waits.
        finishing: whether its rate falls to its end.
        waiting: orders that it has not taken yet: it takes them within a second or two of training.
        changes: {step, seconds, what, said} of what was changed before.
    """

    model: Path
    step: int
    rate: float
    paused: bool
    finishing: bool
    waiting: int
    changes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def run(config: AdjustConfig) -> AdjustResult:
    """Leave an order in the model's folder, if anything is to be changed, and say how it is set.

    Raises:
        ConfigError: a rate that will not do, or no such list.
        ModelError: there is no such model, or its training is over.
    """
    focus = config.focus
    if focus is not None and focus != NO_FOCUS:
        read_worst(Path(focus))  # told now rather than by the training
        focus = str(Path(focus).absolute())
    try:
        order = TrainingOrder(
            rate=config.rate, focus=focus, pause=config.pause, finish=config.finish, stop=config.stop
        )
    except ValidationError as error:
        raise ConfigError(
            f"a rate of {config.rate} will not do",
            f"give {LEAST_RATE:g} to {MOST_RATE:g}; 1 is the usual one",
        ) from error
    if order != TrainingOrder():
        place_training_order(config.model, order)
    seen = look(config.model)
    if seen.preset is None:
        raise ModelError(f"{config.model} holds no model", "name the one that is trained")
    return AdjustResult(
        model=config.model,
        step=seen.step,
        rate=seen.rate,
        paused=seen.paused,
        finishing=seen.finishing,
        waiting=len(training_orders(config.model)),
        changes=seen.changes,
    )
