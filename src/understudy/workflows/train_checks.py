"""What is refused before training loads anything."""

from __future__ import annotations

import os
from pathlib import Path

from understudy.core.errors import ConfigError, ModelError
from understudy.nets.presets import PRESETS
from understudy.training.model_folder import holds_model
from understudy.workflows.choices import ENCODERS, FEWEST_IDENTITIES, MOST_IDENTITIES
from understudy.workflows.configs import TrainConfig
from understudy.workflows.focus import check_footage
from understudy.workflows.loss_choice import check_losses
from understudy.workflows.shared_steps import check_sharing
from understudy.workflows.signer import check_signing
from understudy.workflows.worst_list import read_worst


def check(config: TrainConfig, processes: int | None = None) -> None:
    """Raise for settings that cannot work, before anything is loaded.

    Args:
        config: the settings.
        processes: that share each step; as the settings say where None.

    Raises:
        ConfigError: which setting, and what would do.
        FacesetError: a faceset cannot be read, where it is asked whether it goes with the focus.
        ModelError: the model folder cannot be one.
    """
    if config.preset not in PRESETS:
        raise ConfigError(f"unknown preset {config.preset!r}", f"use one of {', '.join(PRESETS)}")
    _check_people(len(config.facesets))
    check_losses(config.losses, PRESETS[config.preset])
    _check_length(config)
    if config.batch is not None and config.batch < 1:
        raise ConfigError(f"batch is {config.batch}", "give at least 1 face an identity and step")
    check_sharing(config, processes or config.devices or 1)
    _check_start(config)
    if config.seed < 0:
        raise ConfigError(f"seed is {config.seed}", "give 0 or more")
    if config.focus is not None:
        check_footage(read_worst(config.focus), config.facesets)
    _check_folder(config.model)
    if config.cert is not None or config.key is not None:
        check_signing(config.cert, config.key)


def _check_people(count: int) -> None:
    if count < FEWEST_IDENTITIES:
        raise ConfigError(f"{count} faceset given", "training needs one a person, two at least")
    if count > MOST_IDENTITIES:
        raise ConfigError(
            f"{count} facesets given, a model holds {MOST_IDENTITIES} people at most",
            "leave some out, or train two models",
        )


def _check_length(config: TrainConfig) -> None:
    """How long to train must be said once, and for some presets at the start."""
    lengths = [length for length in (config.minutes, config.steps) if length is not None]
    if len(lengths) > 1 or not (lengths or config.until_flat):
        raise ConfigError("how long to train is not clear", "give either minutes or steps")
    if any(length <= 0 for length in lengths):
        raise ConfigError("training time is not positive", "give minutes or steps above 0")
    if config.until_flat and PRESETS[config.preset].doublings:
        raise ConfigError(
            f"{config.preset} grows with the share of its time that is done, so its end must be known",
            "give minutes or steps, without the end by itself",
        )


def _check_start(config: TrainConfig) -> None:
    """What decoders and encoder start from, and how the encoder goes on."""
    if config.start not in ("base", "scratch"):
        raise ConfigError(f"unknown start {config.start!r}", "use base or scratch")
    if config.encoder not in (None, *ENCODERS):
        raise ConfigError(
            f"unknown way to train the encoder {config.encoder!r}", f"use {' or '.join(ENCODERS)}"
        )
    if config.from_model is not None and config.resume:
        raise ConfigError(
            "a model that is trained further has an encoder of its own",
            "leave out --from-model, or start a new model without --resume",
        )
    has_learnt = config.resume or config.from_model is not None or holds_model(config.model)
    if config.encoder in ("slow", "frozen") and not has_learnt:
        raise ConfigError(
            "a new model's encoder has learnt nothing yet",
            f"leave out the {config.encoder} encoder, or start from another model's with --from-model",
        )


def _check_folder(folder: Path) -> None:
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise ModelError(f"{existing} is a file", "name a folder for the model")
    if not os.access(existing, os.W_OK):
        raise ModelError(f"{existing} cannot be written to", "name another folder for the model")
