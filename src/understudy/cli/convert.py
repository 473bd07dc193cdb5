"""Footage and a model to new footage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.output import number, print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.core.events import OnEvent
from understudy.workflows.choices import AUTO, BLENDS, CODECS, COLOURS, nearest
from understudy.workflows.configs import ConvertResult


def known(*names: str) -> Callable[[str], str]:
    """An option's callback that takes some names only."""

    def checked(value: str) -> str:
        if value not in names:
            raise typer.BadParameter(f"{value!r} is unknown; {nearest(value, names)}")
        return value

    return checked


def convert(
    target: Annotated[Path, typer.Option(help="Video that is changed.")],
    model: Annotated[Path, typer.Option(help="Model folder.")],
    out: Annotated[Path, typer.Option(help="Video to write.")],
    source: Annotated[
        str | None, typer.Option(help="Person put in, by name.", show_default="the model's first")
    ] = None,
    target_identity: Annotated[
        str | None, typer.Option(help="Person replaced, by name.", show_default="the model's second")
    ] = None,
    map: Annotated[
        list[str] | None,
        typer.Option(
            metavar="REPLACED=PUT_IN", help="Whose face somebody gets, once for each of several people."
        ),
    ] = None,
    faces: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FACESET",
            help="Reviewed faces of this very video, of a person who is replaced; nobody is looked for then.",
        ),
    ] = None,
    colour: Annotated[
        str,
        typer.Option(
            help=f"How colours are matched: auto (what comes nearest), {', '.join(COLOURS)}.",
            callback=known(AUTO, *COLOURS),
        ),
    ] = AUTO,
    blend: Annotated[
        str,
        typer.Option(
            help=f"How the face is joined to what is around it: {', '.join(BLENDS)}.", callback=known(*BLENDS)
        ),
    ] = BLENDS[0],
    strength: Annotated[
        float, typer.Option(min=0, max=1, help="How much of the face is shown, 0 (the target) to 1.")
    ] = 1.0,
    occlusion: Annotated[
        bool,
        typer.Option(
            help="Whether what passes before the face, like a hand, stays in front of it; best with --faces.",
        ),
    ] = True,
    codec: Annotated[
        str,
        typer.Option(
            help="auto (the video's own, or what holds its depth), " + ", ".join(CODECS) + ".",
            callback=known(AUTO, *CODECS),
        ),
    ] = AUTO,
    crf: Annotated[
        int | None,
        typer.Option(
            min=0, max=51, help="Constant quality, 0 is lossless.", show_default="hard to tell from the video"
        ),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Put a model's source face into a video."""
    mapped = pairs_of(map or [])

    def work(on_event: OnEvent) -> ConvertResult:
        from understudy import convert as api

        return api(
            target,
            model,
            out,
            source=source,
            target_identity=target_identity,
            mapped=mapped,
            faces=faces or [],
            colour=colour,
            blend=blend,
            strength=strength,
            occlusion=occlusion,
            codec=codec,
            crf=crf,
            on_event=on_event,
        )

    perform(work, _show_conversion, as_json=json, debug=debug)


def pairs_of(given: Sequence[str]) -> dict[str, str]:
    """Name put in by name replaced, of REPLACED=PUT_IN.

    Raises:
        typer.BadParameter: one is no such pair, or somebody is replaced twice.
    """
    pairs: dict[str, str] = {}
    for text in given:
        replaced, equals, put_in = text.partition("=")
        if not (replaced and equals and put_in):
            raise typer.BadParameter(f"{text!r} is no REPLACED=PUT_IN", param_hint="--map")
        if replaced in pairs:
            raise typer.BadParameter(f"{replaced} is replaced twice", param_hint="--map")
        pairs[replaced] = put_in
    return pairs


def _show_conversion(result: ConvertResult) -> None:
    print_rows(
        [
            ("output", str(result.output)),
            ("frames", f"{result.frames}, {result.swapped} of them swapped"),
            ("speed", number(result.fps, 1, " frames a second")),
        ]
    )
