"""Options that swap, train and demo share, and what they add up to with a production's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from understudy.core.errors import ConfigError
from understudy.workflows.choices import ENCODERS, LOSSES, PRESET_NAMES, STARTS, nearest
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


def checked_losses(given: list[str] | None) -> dict[str, float]:
    """Weights of losses by name.

    Raises:
        typer.BadParameter: one is no NAME=WEIGHT, unknown, or no weight.
    """
    try:
        return parsed_losses(given or ())
    except ConfigError as error:
        raise typer.BadParameter(f"{error.what}; {error.next_step}", param_hint="--loss") from error


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
