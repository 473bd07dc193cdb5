"""`understudy evaluate`, and the figures as people read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.output import Row, number, print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.core.events import OnEvent

if TYPE_CHECKING:
    from understudy.workflows.evaluate import EvaluateResult


def evaluate(
    output: Annotated[Path, typer.Argument(help="The swapped video.")],
    target: Annotated[Path, typer.Option(help="The footage that it was made from.")],
    source: Annotated[
        Path | None, typer.Option(help="Faceset or footage of the person put in; needed for identity.")
    ] = None,
    target_faceset: Annotated[
        Path | None, typer.Option(help="Faceset of the person replaced, where several are seen.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Footage of the source doing the same, frame for frame.")
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Measure one frame in so many.")] = 1,
    report: Annotated[Path | None, typer.Option(help="HTML report to write about it.")] = None,
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
            on_event=on_event,
        )

    perform(work, lambda result: print_rows(figures(result)), as_json=json, debug=debug)


def figures(result: EvaluateResult) -> list[Row]:
    """The figures of an evaluation, one line each."""
    nearer = result.identity.get("nearer_to_source")
    correlations = result.expression.get("r")
    r = correlations if isinstance(correlations, dict) else {}
    return [
        ("frames", str(result.frames)),
        ("identity", number(None if nearer is None else 100 * nearer, 0, " % nearer to the source")),
        *((f"{name.replace('_', ' ')} r", number(value)) for name, value in r.items()),
        ("pose", number(result.pose_deg, 1, "°")),
        ("gaze", number(result.gaze_deg, 1, "°")),
        ("flicker", number(result.flicker)),
        ("seam", number(result.seam)),
        ("background", number(result.background)),
        ("sync", number(result.sync_ms, 1, " ms")),
        ("truth SSIM", number(result.truth.get("ssim"), 3)),
        ("truth SSIM gain", number(result.truth.get("ssim_gain"), 3)),
    ]
