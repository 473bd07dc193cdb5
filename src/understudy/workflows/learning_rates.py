"""How fast each network of a model learns: who is new to it faster than who is there already."""

from __future__ import annotations

from understudy.training.model import SLOW, Model
from understudy.training.model_index import ModelIndex
from understudy.workflows.configs import TrainConfig


def newcomers(index: ModelIndex) -> list[bool]:
    """For each identity, whether they join those of a trained model in the present budget."""
    begun = index.budget.first_step
    return [0 < begun <= entry.first_step for entry in index.identities]


def encoder_of(config: TrainConfig, index: ModelIndex) -> str:
    """How the encoder is trained: as was asked for, else so that nobody is hurt by who joins."""
    return config.encoder or ("slow" if any(newcomers(index)) else "trained")


def set_rates(model: Model, index: ModelIndex) -> None:
    """Give each network its share of the learning rate, as the index's settings say.

    While somebody joins, those who were there learn slowly, too: at the full rate that a run begins with,
    what they had learnt would get worse first. Asking for a "trained" encoder trains all alike.
    """
    encoder, new = index.settings["encoder"], newcomers(index)
    if encoder == "frozen":
        model.freeze_encoder()
    is_gentle = encoder != "trained" and any(new)
    decoders = [SLOW if is_gentle and not is_new else 1.0 for is_new in new]
    model.rates = [SLOW if encoder == "slow" else 1.0, *decoders]
