"""How much each part of what training minimises counts: a preset's own weights, and what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from understudy.nets.face_loss import LossConfig
from understudy.nets.presets import Preset

# all others compare the drawn picture with the truth
OF_NETWORKS = ("expression", "consistency", "adversarial")


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """The weights of one training.

    Args:
        picture: of what is drawn.
        expression: of reading the landmarks from the code.
        consistency: of reading the same expression from a swap.
        adversarial: of a critic in the last part, see `training.adversarial`.
    """

    picture: LossConfig
    expression: float
    consistency: float
    adversarial: float


def loss_weights(preset: Preset, given: Mapping[str, float]) -> LossWeights:
    """The preset's weights, but for those given by name, which are known to be sound."""
    weights = {"expression": preset.expression_weight, "consistency": preset.consistency_weight}
    weights["adversarial"] = 0.0  # it has not shown a gain yet, see docs/training.md
    picture = {name: value for name, value in given.items() if name not in OF_NETWORKS}
    return LossWeights(
        picture=LossConfig(**picture),  # type: ignore[arg-type]
        **(weights | {name: value for name, value in given.items() if name in OF_NETWORKS}),
    )


def changed(preset: Preset, given: Mapping[str, float]) -> dict[str, float]:
    """Those of the given weights that are not the preset's own anyway, in order of their names."""
    own = loss_weights(preset, {})
    usual = asdict(own.picture) | {name: getattr(own, name) for name in OF_NETWORKS}
    return {name: float(given[name]) for name in sorted(given) if given[name] != usual[name]}
