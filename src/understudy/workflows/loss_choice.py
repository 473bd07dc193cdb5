"""Weights of the losses, as a user gives them; known without importing what they weigh."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from understudy.core.errors import ConfigError
from understudy.workflows.choices import LOSSES, nearest

if TYPE_CHECKING:
    from understudy.nets.presets import Preset

_NEEDED = {  # of a preset, for a loss; and what it is otherwise
    "expression": ("expression_weight", "networks that read no expression"),
    "consistency": ("expression_weight", "networks that read no expression"),
    "adversarial": ("has_critic", "no critic"),
}
_OF_PICTURE = ("l1", "ssim")  # what weighs or goes beside these is not enough


def parsed_losses(given: Sequence[str]) -> dict[str, float]:
    """NAME=WEIGHT, each once, as a mapping.

    Raises:
        ConfigError: which of them is none, and what would do.
    """
    losses: dict[str, float] = {}
    for one in given:
        name, is_pair, said = one.partition("=")
        if not is_pair:
            raise ConfigError(f"{one!r} is no NAME=WEIGHT", "say l1=4, for example; 0 switches a loss off")
        if name in losses:
            raise ConfigError(f"{name} is given twice", "keep one of them")
        try:
            weight = float(said)
        except ValueError:
            weight = math.nan
        check_loss(name, weight, said)
        losses[name] = weight
    return losses


def check_loss(name: str, weight: object, said: str = "") -> None:
    """Raise for a loss that is unknown, or a weight that is none; `said` is how the user put it.

    Raises:
        ConfigError: which, and what would do.
    """
    if name not in LOSSES:
        raise ConfigError(f"unknown loss {name!r}", nearest(name, LOSSES))
    if not isinstance(weight, (int, float)) or isinstance(weight, bool) or not 0 <= weight < math.inf:
        raise ConfigError(
            f"the weight of {name} is {said or weight}", "give a number from 0 on; 0 switches the loss off"
        )


def check_losses(losses: Mapping[str, float], preset: Preset) -> None:
    """Raise for weights that cannot work.

    Raises:
        ConfigError: which, and what would do.
    """
    from understudy.nets.face_loss import LossConfig
    from understudy.training.loss_weights import OF_NETWORKS

    for name, weight in losses.items():
        check_loss(name, weight)
    usual = LossConfig()
    if not any(losses.get(name, getattr(usual, name)) for name in _OF_PICTURE):
        raise ConfigError("no loss of the picture is left", f"keep one of {', '.join(_OF_PICTURE)}")
    for name in OF_NETWORKS:
        needed, lacks = _NEEDED[name]
        if losses.get(name) and not getattr(preset, needed):
            raise ConfigError(
                f"this preset has {lacks}, which the loss {name} needs", "leave it out, or use another preset"
            )
