"""`understudy coverage`, and what to film in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.output import print_rows, print_table
from understudy.cli.perform import Debug, Json, perform
from understudy.core.events import OnEvent

if TYPE_CHECKING:
    from understudy.workflows.coverage_result import CoverageResult, MeasureCounts


def coverage(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE_FACESET", help="Faceset of the person put in, from `extract`.")
    ],
    target: Annotated[
        Path, typer.Argument(metavar="TARGET_FACESET", help="Faceset of the person in the target.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Picture (.png, .svg) of both, or page (.html) with examples from the target."),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Say which poses, gazes, mouth shapes and light of the target the source lacks, and what to film."""

    def work(on_event: OnEvent) -> CoverageResult:
        from understudy import coverage as api

        return api(source, target, out=out, on_event=on_event)

    perform(work, _show, as_json=json, debug=debug)


def _show(result: CoverageResult) -> None:
    from understudy.report.coverage_page import SIDES
    from understudy.workflows.coverage_output import concerns

    rows = [_row(measure) for measure in result.measures]
    # views are compared in both angles of the head together
    last = max((i for i, measure in enumerate(result.measures) if measure.missing_share is None), default=-1)
    views = [
        "head, both at once",
        "",
        "",
        _percent(result.pose.missing_share),
        "left to right and up to down together",
    ]
    rows.insert(last + 1, views)
    print_table(("", "source", "target", "lacking", "unit"), rows)
    print_rows(
        [
            ("", ""),
            (f"{_percent(result.covered_share)} of the target's faces lack nothing.", ""),
            ("", ""),
        ]
    )
    if not result.gaps:
        print_rows([("The source shows all that the target does.", "")])
        return
    print_rows([(f"What to film, that which most faces need first. {SIDES}", "")])
    print_rows([(f"{i}.", f"{gap.sentence} {concerns(gap)}.") for i, gap in enumerate(result.gaps, 1)])


def _row(measure: MeasureCounts) -> list[str]:
    lacking = "see below" if measure.missing_share is None else _percent(measure.missing_share)
    digits = 0 if measure.key.endswith(("_deg", "_px")) else 2
    source, target = (_range(bounds, digits) for bounds in (measure.source, measure.target))
    return [measure.name, source, target, lacking, measure.unit]


def _range(bounds: tuple[float, float] | None, digits: int) -> str:
    if bounds is None:
        return "-"
    return " to ".join(f"{bound:z.{digits}f}" for bound in bounds)


def _percent(share: float) -> str:
    return "under 1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"
