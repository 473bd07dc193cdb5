"""`understudy evaluate`, and the figures as people read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.judging_options import Every, Source, Target, TargetFaceset, Truth
from understudy.cli.output import print_rows, print_table
from understudy.cli.perform import Debug, Json, perform
from understudy.cli.signing_options import Cert, Key
from understudy.core.events import OnEvent

if TYPE_CHECKING:
    from understudy.workflows.evaluate import EvaluateResult


def evaluate(
    output: Annotated[Path, typer.Argument(help="The swapped video.")],
    target: Target,
    source: Source = None,
    target_faceset: TargetFaceset = None,
    truth: Truth = None,
    every: Every = 1,
    report: Annotated[Path | None, typer.Option(help="HTML report to write about it.")] = None,
    worst: Annotated[
        Path | None,
        typer.Option(help="Folder for the worst frames: pictures, and worst.json for train --focus."),
    ] = None,
    cert: Cert = None,
    key: Key = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Measure a swapped video: identity, expression, pose, gaze, flicker, seam, background, sync, truth."""

    def work(on_event: OnEvent) -> EvaluateResult:
        from understudy import evaluate as api

        return api(
            output,
            target,
            source=source,
            target_faceset=target_faceset,
            truth=truth,
            every=every,
            report=report,
            worst=worst,
            cert=cert,
            key=key,
            on_event=on_event,
        )

    perform(work, show, as_json=json, debug=debug)


def show(result: EvaluateResult) -> None:
    """Print each figure, whether it is as it should be, and what it means."""
    from understudy.report.figures import format_value
    from understudy.workflows.report_figures import figures

    some = "" if result.measured == result.frames else f", {result.measured} of them measured"
    print_rows([("frames", f"{result.frames}{some}")])
    rows: list[tuple[str, str, str, str]] = []
    for figure in figures(result):
        unit = figure.unit if figure.unit in ("", "°") else f" {figure.unit}"
        mark = {True: "ok: ", False: "missed: ", None: ""}[figure.is_good]
        rows.append(
            (figure.name, format_value(figure.value) + unit, mark + figure.good_when, figure.explanation)
        )
    print_table(("figure", "value", "good", "meaning"), rows)
