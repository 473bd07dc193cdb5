"""A new model's start from what another model has learnt to read."""

from __future__ import annotations

from pathlib import Path

from understudy.core.errors import ConfigError
from understudy.training.model import Model
from understudy.training.model_folder import find_generation, load_model
from understudy.training.model_index import EncoderOrigin


def start_from_encoder_of(folder: Path, model: Model) -> tuple[EncoderOrigin, list[str]]:
    """Give a model the encoder that lies in a model folder; its decoders stay as they are.

    Args:
        folder: of the other model, which is only read.
        model: of the same preset.

    Returns:
        What the new model's index says of it, and warnings: what was wrong and how it was helped.

    Raises:
        ConfigError: the other model is of another preset.
        ModelError: the folder holds no model that is whole, or one of another version.
    """
    preset = find_generation(folder).index.preset  # before networks are built, which may be large
    if preset != model.preset_name:
        raise ConfigError(
            f"the encoder of {folder} is of the preset {preset}, it does not fit {model.preset_name}",
            f"give the preset {preset}, or another model",
        )
    other = load_model(folder, bf16=model.bf16)
    model.load_encoder_from(other.model)
    index = other.index
    earlier = [] if index.encoder_from is None else index.encoder_from.identities
    names = dict.fromkeys([*(entry.name for entry in index.identities), *earlier])
    origin = EncoderOrigin(
        folder=str(folder.absolute()),
        step=index.step,
        weights_sha256=index.weights_sha256,
        identities=list(names),
    )
    return origin, other.warnings
