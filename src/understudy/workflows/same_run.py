"""Which settings make two runs the same run, and how a model's index holds them."""

from __future__ import annotations

from typing import Any

from understudy.nets.presets import PRESETS
from understudy.training.loss_weights import changed
from understudy.training.model_index import ModelIndex
from understudy.workflows.configs import TrainConfig
from understudy.workflows.learning_rates import encoder_of
from understudy.workflows.worst_list import read_worst

_SAME_RUN = (
    "preset",
    "minutes",
    "steps",
    "start",
    "batch",
    "seed",
    "until_flat",
    "encoder",
    "from_model",
    "accumulate",
    "losses",
    "focus",
)


def is_same_run(config: TrainConfig, index: ModelIndex) -> bool:
    """Whether a model was last trained with these settings."""
    settings = settings_of(config, index)
    # a model of an earlier version knew only one way to train its encoder
    had = {"encoder": "trained"} | index.settings
    return all(had.get(name) == settings.get(name) for name in _SAME_RUN)


def settings_of(config: TrainConfig, index: ModelIndex) -> dict[str, Any]:
    """What a model's index says of the settings.

    Args:
        config: the settings.
        index: of the model, which says who is new to it.

    Raises:
        ConfigError: the list to focus on cannot be read.
    """
    # only where they are used, so that a model without them counts as trained with the same settings
    rare: dict[str, Any] = {"until_flat": True} if config.until_flat else {}
    if config.from_model is not None:
        rare["from_model"] = str(config.from_model.absolute())
    if config.accumulate > 1:
        rare["accumulate"] = config.accumulate
    if losses := changed(PRESETS[config.preset], config.losses):
        rare["losses"] = losses
    if config.focus is not None:  # what it says, not where it lies
        rare["focus"] = read_worst(config.focus).digest()
    return rare | {
        "facesets": [str(path) for path in config.facesets],
        "preset": config.preset,
        "minutes": config.minutes,
        "steps": config.steps,
        "start": config.start,
        "batch": config.batch,
        "encoder": encoder_of(config, index),
        "seed": config.seed,
    }
