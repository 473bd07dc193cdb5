"""`understudy expression read`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.output import print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.core.events import OnEvent

if TYPE_CHECKING:
    from understudy.workflows.expression import ReadExpressionResult

app = typer.Typer(help="What a face does, as named curves in a file.", no_args_is_help=True)

_SHOWN = 12  # coefficients, the strongest first


@app.callback()
def group() -> None:
    """What a face does, as named curves in a file."""


@app.command()
def read(
    footage: Annotated[
        Path,
        typer.Argument(metavar="FOOTAGE", help="A video, a picture, a folder of pictures, or a faceset."),
    ],
    out: Annotated[Path, typer.Option(help="JSON file to write.")],
    plot: Annotated[Path | None, typer.Option(help="PNG of the curves to write, too.")] = None,
    person: Annotated[
        int, typer.Option(min=1, help="Whose face, by how often they are seen: 1 is who is seen most.")
    ] = 1,
    smooth_s: Annotated[
        float,
        typer.Option(
            "--smooth", help="Seconds over which curves are steadied, before and after alike; 0: not at all."
        ),
    ] = 0.04,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Read the expression, head pose and gaze of one person.

    Expressions have the names of ARKit's blend shapes and values from 0 to 1, against the person's own
    face at rest; sides are the person's. The file can be edited.
    """

    def work(on_event: OnEvent) -> ReadExpressionResult:
        from understudy import read_expression as api

        return api(footage, out, plot=plot, person=person, smooth_s=smooth_s, on_event=on_event)

    perform(work, _show, as_json=json, debug=debug)


def _show(result: ReadExpressionResult) -> None:
    strongest = sorted(result.most.items(), key=lambda one: -one[1])[:_SHOWN]
    print_rows(
        [
            ("expression", str(result.output)),
            ("frames", f"{result.faces} of {result.frames} show the face"),
            ("strongest", ", ".join(f"{name} {value:.2f}" for name, value in strongest) or "nothing"),
        ]
    )
