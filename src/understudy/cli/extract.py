"""`understudy extract`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.output import number, print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.cli.times import seconds
from understudy.core.events import OnEvent
from understudy.workflows.configs import ExtractConfig, ExtractResult


def extract(
    footage: Annotated[
        list[Path],
        typer.Argument(metavar="FOOTAGE", help="Videos, images or folders of images of one person."),
    ],
    out: Annotated[Path, typer.Option(help="Faceset folder to write; an unfinished one is continued.")],
    identity: Annotated[str | None, typer.Option(help="Name of the person; the folder's by default.")] = None,
    every: Annotated[int, typer.Option(min=1, help="Look at one frame in so many.")] = 1,
    from_s: Annotated[
        float | None,
        typer.Option(
            "--from", parser=seconds, metavar="TIME", help="Leave out what comes before: 12.5 or 1:02.5."
        ),
    ] = None,
    to_s: Annotated[
        float | None,
        typer.Option("--to", parser=seconds, metavar="TIME", help="Leave out what comes from this time on."),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Find a person's faces in footage and keep them as a faceset."""
    config = ExtractConfig(
        footage=tuple(footage), faceset=out, identity=identity, every=every, from_s=from_s, to_s=to_s
    )

    def work(on_event: OnEvent) -> ExtractResult:
        from understudy.workflows import extract as workflow

        return workflow.run(config, on_event)

    perform(work, _show, as_json=json, debug=debug)


def _show(result: ExtractResult) -> None:
    print_rows(
        [
            ("faceset", str(result.faceset)),
            ("frames", f"{result.frames} at {number(result.fps, 0)} a second"),
            ("faces", f"{result.faces} kept, {result.rejected} rejected"),
            ("people", ", ".join(f"{person.name} ({person.faces})" for person in result.people)),
        ]
    )
