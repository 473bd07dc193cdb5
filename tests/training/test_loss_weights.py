"""Weights of the losses: what each name stands for, and which are not the preset's own."""

from dataclasses import fields
from typing import get_args

from understudy.nets.face_loss import LossConfig
from understudy.nets.presets import PRESETS
from understudy.training.loss_weights import OF_NETWORKS, changed, loss_weights
from understudy.workflows.choices import LOSSES, LossName

NO_LOSSES = {"outside", "stride", "rim"}  # how a loss is counted


def test_every_loss_can_be_weighed_by_its_name() -> None:
    of_picture = {field.name for field in fields(LossConfig)} - NO_LOSSES
    assert set(LOSSES) == set(get_args(LossName)) == of_picture | set(OF_NETWORKS)
    given = {name: float(number) for number, name in enumerate(LOSSES)}
    weights = loss_weights(PRESETS["tiny"], given)
    assert (weights.expression, weights.consistency) == (given["expression"], given["consistency"])
    assert {name: getattr(weights.picture, name) for name in of_picture} == {
        name: given[name] for name in of_picture
    }


def test_what_is_not_given_is_the_presets_own() -> None:
    for preset in PRESETS.values():
        weights = loss_weights(preset, {"l1": 1.0})
        assert (weights.expression, weights.consistency) == (
            preset.expression_weight,
            preset.consistency_weight,
        )
        assert weights.picture == LossConfig(l1=1.0)


def test_only_what_differs_from_the_preset_is_a_change() -> None:
    given = {"ssim": 1, "l1": 4, "expression": 0.5, "consistency": 0, "focus": 2}
    assert changed(PRESETS["tiny"], given) == {"consistency": 0.0, "focus": 2.0}
    assert changed(PRESETS["classic"], {"consistency": 0}) == {}
