"""`understudy bench train` and `bench quality`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.output import number, print_rows, print_table
from understudy.cli.perform import Debug, Json, perform
from understudy.cli.training_options import (
    Device,
    Loss,
    Preset,
    Seed,
    Start,
    checked_losses,
    checked_minutes,
    either_minutes_or_steps,
)
from understudy.core.events import OnEvent

if TYPE_CHECKING:
    from understudy.workflows.bench_train import BenchResult
    from understudy.workflows.quality_result import QualityResult

app = typer.Typer(help="Measure speed, as ratios, and quality.", no_args_is_help=True)


@app.command("train")
def train(
    preset: Preset = None,
    seconds: Annotated[float, typer.Option(min=1, help="About how long to measure.")] = 20.0,
    batch: Annotated[int | None, typer.Option(min=1, help="Faces a person and step.")] = None,
    seed: Seed = None,
    device: Device = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Measure what the training loop costs over its bare network."""

    def work(on_event: OnEvent) -> BenchResult:
        from understudy.workflows import bench_train as workflow

        config = workflow.BenchConfig(
            preset=preset or "tiny",
            seconds=seconds,
            batch=batch,
            seed=0 if seed is None else seed,
            device=device or "auto",
        )
        return workflow.run(config, on_event)

    perform(work, _show_bench, as_json=json, debug=debug)


@app.command("quality")
def quality(
    steps: Annotated[
        int | None, typer.Option(min=1, help="Training steps of each pair.", show_default="1000")
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(callback=checked_minutes, help="Minutes instead: no two runs are alike then."),
    ] = None,
    seed: Annotated[
        list[int] | None, typer.Option(min=0, help="Seed; give it several times.", show_default="0")
    ] = None,
    pair: Annotated[
        list[str] | None, typer.Option(help="Pair; give it several times.", show_default="all")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of real footage.", show_default="../shared/data where it is there"),
    ] = None,
    preset: Preset = None,
    start: Start = None,
    losses: Loss = None,
    baseline: Annotated[
        Path | None, typer.Option(help="An earlier --out file: what has moved since is marked.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="JSON file to write, to be a baseline later.")] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            help="Folder to keep models and outputs in; what lies there is not made again.",
            show_default="none kept",
        ),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Train and convert pairs of rendered and real people, and measure what comes out."""
    either_minutes_or_steps(minutes, steps)
    weights = checked_losses(losses)

    def perform_all(on_event: OnEvent) -> QualityResult:
        from understudy.workflows import bench_quality as workflow
        from understudy.workflows.quality_result import QUALITY_STEPS, QualityConfig

        config = QualityConfig(
            steps=steps or QUALITY_STEPS,
            minutes=minutes,
            seeds=tuple(seed or (0,)),
            pairs=tuple(pair or ()),
            data=data,
            preset=preset or "tiny",
            start=start or "base",
            losses=weights,
            work=work,
            baseline=baseline,
            out=out,
        )
        return workflow.run(config, on_event)

    perform(perform_all, _show_quality, as_json=json, debug=debug)


def _show_quality(result: QualityResult) -> None:
    from understudy.workflows.quality_table import rows

    header, *body = rows(result)
    print_table(header, body)


def _range_of(result: BenchResult) -> str:
    low, high = (100 * end for end in result.overhead_range)
    return f"between {low:.1f} and {high:.1f}"


def _show_bench(result: BenchResult) -> None:
    print_rows(
        [
            ("preset", f"{result.preset} on {result.device}, {result.precision}, {result.threads} threads"),
            ("whole loop", number(result.steps_per_s, 2, " steps a second")),
            ("bare network", number(result.bare_steps_per_s, 2, " steps a second")),
            ("overhead", f"{100 * result.overhead:.1f} % ({_range_of(result)}, {result.rounds} rounds)"),
            ("faces", number(result.faces_per_s, 1, " a second")),
            ("batch", f"{result.batch} faces a person and step"),
            ("of the measured peak", number(100 * result.mfu, 1, " %")),
            ("peak memory", number(result.peak_rss_mb, 0, " MB")),
            ("of the GPU", number(result.peak_device_mb, 0, " MB")),
        ]
    )
