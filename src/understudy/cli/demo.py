"""`understudy demo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.evaluate import show
from understudy.cli.output import number, print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.cli.training_options import Seed, Start, Steps, checked_minutes, either_minutes_or_steps
from understudy.core.events import OnEvent

if TYPE_CHECKING:
    from understudy.workflows.reported_swap import ReportedSwapResult


def demo(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("demo"),
    minutes: Annotated[
        float | None,
        typer.Option(callback=checked_minutes, help="Minutes to train for.", show_default="4.5"),
    ] = None,
    steps: Steps = None,
    start: Start = None,
    seed: Seed = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Swap the built-in rendered actors, measure the result and write a report."""
    either_minutes_or_steps(minutes, steps)

    def work(on_event: OnEvent) -> ReportedSwapResult:
        from understudy.workflows import demo as workflow

        config = workflow.DemoConfig(
            out=out, minutes=minutes, steps=steps, start=start or "base", seed=0 if seed is None else seed
        )
        return workflow.run(config, on_event)

    perform(work, _show, as_json=json, debug=debug)


def _show(result: ReportedSwapResult) -> None:
    show(result.evaluation)
    print_rows(
        [
            ("time", number(result.seconds / 60, 1, " minutes")),
            ("output", str(result.output)),
            ("report", str(result.report)),
        ]
    )
