"""`understudy extract`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.output import number, print_rows, print_table
from understudy.cli.perform import Debug, Json, perform
from understudy.cli.times import seconds
from understudy.core.events import OnEvent
from understudy.workflows.choices import PEOPLE, nearest
from understudy.workflows.configs import ExtractConfig, ExtractResult


def _known_people(value: str) -> str:
    if value not in PEOPLE:
        raise typer.BadParameter(f"{value!r} is unknown; {nearest(value, PEOPLE)}")
    return value


def extract(
    footage: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOOTAGE",
            help="Videos, images, folders or quoted patterns: 'clips/**/*.mp4', 'frames/%06d.png'. "
            "The images of a folder or pattern are one piece of footage.",
        ),
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
    people: Annotated[
        str,
        typer.Option(
            callback=_known_people,
            help="largest keeps who is seen most, all gives each their own faceset in the folder.",
        ),
    ] = "largest",
    only: Annotated[
        Path | None,
        typer.Option(help="Picture or faceset of the person to keep instead of who is seen most."),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Find a person's faces in footage and keep them as a faceset."""
    config = ExtractConfig(
        footage=tuple(footage),
        faceset=out,
        identity=identity,
        every=every,
        from_s=from_s,
        to_s=to_s,
        people=people,
        only=only,
    )

    def work(on_event: OnEvent) -> ExtractResult:
        from understudy.workflows import extract as workflow

        return workflow.run(config, on_event)

    perform(work, _show, as_json=json, debug=debug)


def _show(result: ExtractResult) -> None:
    own = [person for person in result.people if person.path not in (None, result.faceset)]
    rows = [
        ("faceset", str(result.faceset)),
        ("frames", f"{result.frames}, {_speed(result)}"),
        ("faces", f"{result.faces} kept{f', of {len(own)} people' if len(own) > 1 else ''}"),
    ]
    if result.reasons:
        rows.append(("rejected", ", ".join(f"{count} {reason}" for reason, count in result.reasons.items())))
    print_rows(rows)
    print_table(
        ("person", "faces", "kept in"),
        [(person.name, str(person.faces), str(person.path or "-")) for person in result.people],
    )
    if own:
        print_rows(
            [
                ("Train with each person's own faceset, as listed above.", ""),
                (f"{result.faceset} holds the faces of all, to go on from, and keeps {own[0].name} too.", ""),
            ]
        )


def _speed(result: ExtractResult) -> str:
    if not result.fps:
        return "all looked at before"
    return f"{number(result.fps, 0 if result.fps >= 10 else 1)} a second"
