"""`understudy adjust`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.output import number, print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.core.events import OnEvent

if TYPE_CHECKING:
    from understudy.workflows.adjust import AdjustResult


def adjust(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of the model that is trained.")],
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.001, max=10, help="Learning rate, as a share of what it would be.", show_default=False
        ),
    ] = None,
    focus: Annotated[
        str | None,
        typer.Option(
            metavar="WORST|none",
            help="worst.json of a swap of these people: faces like those come more often; none ends that.",
            show_default=False,
        ),
    ] = None,
    pause: Annotated[
        bool | None, typer.Option("--pause/--go-on", help="Save and wait; or go on.", show_default=False)
    ] = None,
    finish: Annotated[
        bool, typer.Option("--finish", help="Let the rate fall now, and end as if the time were over.")
    ] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Save and end, as Ctrl-C does.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Change a training while it runs, from another terminal; without options, say how it is set.

    It takes what is ordered within a second or two, saves, and notes it in the model.
    """

    def work(on_event: OnEvent) -> AdjustResult:
        from understudy import adjust as api

        del on_event
        return api(model, rate=rate, focus=focus, pause=pause, finish=finish, stop=stop)

    perform(work, _show, as_json=json, debug=debug)


def _show(result: AdjustResult) -> None:
    rows = [
        ("model", str(result.model)),
        ("step", str(result.step)),
        ("learning rate", number(result.rate, 3)),
    ]
    rows.append(("state", "paused" if result.paused else "ends soon" if result.finishing else "as begun"))
    rows += [(f"at step {one['step']}", f"{one['what']}: {one['said']}") for one in result.changes]
    if result.waiting:
        rows.append(("not taken yet", f"{result.waiting} orders: it takes them while it trains"))
    print_rows(rows)
