"""Options that swap, train and demo share, and what they add up to with a production's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from understudy.core.errors import ConfigError
from understudy.workflows.choices import (
    ENCODERS,
    FEWEST_IDENTITIES,
    LOSSES,
    MOST_IDENTITIES,
    PRESET_NAMES,
    STARTS,
    nearest,
)
from understudy.workflows.loss_choice import parsed_losses


def _known(value: str | None, known: tuple[str, ...]) -> str | None:
    if value is None or value in known:
        return value
    raise typer.BadParameter(f"{value!r} is unknown; {nearest(value, known)}")


def either_minutes_or_steps(minutes: float | None, steps: int | None) -> None:
    """Refuse both at once.

    Raises:
        typer.BadParameter: both were given.
    """
    if minutes is not None and steps is not None:
        raise typer.BadParameter("give --minutes or --steps, not both")


def checked_minutes(value: float | None) -> float | None:
    """A length of training in minutes, as an option's callback.

    Raises:
        typer.BadParameter: it is not above 0.
    """
    if value is not None and not 0 < value < float("inf"):
        raise typer.BadParameter(f"{value:g} is not a length of time above 0")
    return value


def a_models_facesets(facesets: list[Path]) -> None:
    """Refuse fewer or more people than a model holds.

    Raises:
        typer.BadParameter: the number is none that a model can be trained on.
    """
    if len(facesets) < FEWEST_IDENTITIES:
        raise typer.BadParameter("give two facesets or more: the source's first, then the target's")
    if len(facesets) > MOST_IDENTITIES:
        raise typer.BadParameter(f"{len(facesets)} facesets; a model holds {MOST_IDENTITIES} people at most")


def checked_losses(given: list[str] | None) -> dict[str, float]:
    """Weights of losses by name.

    Raises:
        typer.BadParameter: one is no NAME=WEIGHT, unknown, or no weight.
    """
    try:
        return parsed_losses(given or ())
    except ConfigError as error:
        raise typer.BadParameter(f"{error.what}; {error.next_step}", param_hint="--loss") from error


Facesets = Annotated[
    list[Path],
    typer.Argument(
        metavar="FACESET",
        help="Faceset folders, one a person: source, target, and more if you like, "
        f"{MOST_IDENTITIES} at most.",
    ),
]
ModelFolder = Annotated[Path, typer.Option("--model", help="Model folder to write.")]
Minutes = Annotated[
    float | None, typer.Option(callback=checked_minutes, help="Minutes to train for.", show_default="5")
]
Steps = Annotated[int | None, typer.Option(min=1, help="Training steps instead of minutes.")]
Preset = Annotated[
    str | None,
    typer.Option(
        callback=lambda value: _known(value, PRESET_NAMES),
        help=f"Network: {', '.join(PRESET_NAMES)}.",
        show_default=PRESET_NAMES[0],
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        "--from",
        callback=lambda value: _known(value, STARTS),
        help=f"Start of the training: {' or '.join(STARTS)} (pretrained on rendered people, or random).",
        show_default=STARTS[0],
    ),
]
Batch = Annotated[int | None, typer.Option(min=1, help="Faces a person and step.")]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Train the model that lies there further; a faceset more adds a person."),
]
UntilFlat = Annotated[
    bool,
    typer.Option(
        "--until-flat",
        help="End once held-out figures stop improving; --minutes or --steps are the most it takes.",
    ),
]
Tensorboard = Annotated[
    bool, typer.Option("--tensorboard", help="Write curves and previews to MODEL/tensorboard.")
]
Encoder = Annotated[
    str | None,
    typer.Option(
        callback=lambda value: _known(value, ENCODERS),
        help="How an encoder that has learnt already goes on: trained with all else, slow at a tenth of the "
        "rate, or frozen as it is. While a person joins, the others' decoders are slow with the latter two.",
        show_default="trained; slow while a person joins",
    ),
]
FromModel = Annotated[
    Path | None,
    typer.Option(
        "--from-model",
        metavar="MODEL",
        help="Model of the same preset from whose encoder a new model starts.",
        show_default=False,
    ),
]
Focus = Annotated[
    Path | None,
    typer.Option(
        metavar="WORST",
        help="worst.json of a swap of these people: faces like those in its frames are drawn more often.",
        show_default=False,
    ),
]
Loss = Annotated[
    list[str] | None,
    typer.Option(
        "--loss",
        metavar="NAME=WEIGHT",
        help=f"Weight of a part of what is minimised, 0 to switch it off: {', '.join(LOSSES)}. "
        "Give it several times.",
        show_default="the preset's own",
    ),
]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of every random choice.", show_default="0")]
Device = Annotated[
    str | None,
    typer.Option(
        help="What computes: cpu, cuda (a GPU), cuda:1 for the second, or auto for a GPU where there is one.",
        show_default="auto",
    ),
]
Devices = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Processes that share the faces of each step and the processor's cores; under torchrun its own.",
        show_default="1",
    ),
]
Accumulate = Annotated[
    int,
    typer.Option(min=1, help="Batches that make one step together, where a larger one would not fit."),
]
