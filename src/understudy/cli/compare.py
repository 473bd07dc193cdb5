"""`understudy compare`, and the table of who is best in what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.judging_options import Every, Source, Target, TargetFaceset, Truth
from understudy.cli.output import print_rows, print_table
from understudy.cli.perform import Debug, Json, perform
from understudy.cli.signing_options import Cert, Key
from understudy.core.events import OnEvent
from understudy.workflows.choices import COMPARED_WANTED, FEWEST_COMPARED, MOST_COMPARED

if TYPE_CHECKING:
    from understudy.measure.contest import Contest
    from understudy.workflows.compare_result import CompareResult

_LEGEND = "± half the 95 % interval, or the interval; * is best, and its lead is more than chance"


def compare(
    outputs: Annotated[
        list[Path],
        typer.Argument(metavar="OUTPUT", help="Two to six swapped videos of one target."),
    ],
    target: Target,
    source: Source = None,
    target_faceset: TargetFaceset = None,
    truth: Truth = None,
    every: Every = 1,
    report: Annotated[
        Path | None, typer.Option(help="HTML page to write: table, video wall, curves, who wins where.")
    ] = None,
    cert: Cert = None,
    key: Key = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare outputs of several models or tools, with 95 % confidence intervals."""
    if not FEWEST_COMPARED <= len(outputs) <= MOST_COMPARED:
        raise typer.BadParameter(COMPARED_WANTED)

    def work(on_event: OnEvent) -> CompareResult:
        from understudy import compare as api

        return api(
            outputs,
            target,
            source=source,
            target_faceset=target_faceset,
            truth=truth,
            every=every,
            report=report,
            cert=cert,
            key=key,
            on_event=on_event,
        )

    perform(work, show, as_json=json, debug=debug)


def show(result: CompareResult) -> None:
    """Print the table, and who is clearly the best in what."""
    labels = [output.label for output in result.outputs]
    print_table(("", *labels, "better", "best"), [table_row(contest, labels) for contest in result.figures])
    print_rows([(_LEGEND, "")])


def table_row(contest: Contest, labels: list[str]) -> list[str]:
    """One figure: its name, a value an output, what better means, and the verdict."""
    unit = f" ({contest.unit})" if contest.unit else ""
    cells = [_cell(contest, label) for label in labels]
    return [contest.name + unit, *cells, contest.better, contest.verdict_in_words]


def _cell(contest: Contest, label: str) -> str:
    estimate = contest.values[label]
    if estimate is None:
        return "-"
    is_winner = contest.verdict == "wins" and contest.best == label
    mark = " *" if is_winner else " (not swapped)" if label in contest.unranked else ""
    value = f"{estimate.value:.{contest.digits}f}"
    if estimate.low is None or estimate.high is None:
        return value + mark
    if contest.follows:  # near 1 the interval is far from symmetric
        return f"{value} [{estimate.low:.2f}, {estimate.high:.2f}]{mark}"
    return f"{value} ± {(estimate.high - estimate.low) / 2:.{contest.digits}f}{mark}"
