"""`understudy train`, `convert` and `bench train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.output import number, print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.cli.training_options import Minutes, Preset, Seed, Start, Steps, either_minutes_or_steps
from understudy.core.events import OnEvent
from understudy.workflows.configs import ConvertResult, TrainResult

if TYPE_CHECKING:
    from understudy.workflows.bench_train import BenchResult

bench_app = typer.Typer(help="Measure speed, as ratios.", no_args_is_help=True)


def train(
    facesets: Annotated[
        list[Path],
        typer.Argument(metavar="FACESET", help="Faceset folders, one a person: source, target."),
    ],
    model: Annotated[Path, typer.Option(help="Model folder to write.")],
    minutes: Minutes = None,
    steps: Steps = None,
    preset: Preset = None,
    start: Start = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Faces a person and step.")] = None,
    seed: Seed = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Train the model that lies there further.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Train a model on facesets; Ctrl-C ends it early and saves.

    Settings that are not given come from understudy.toml beside the model folder, table "train".
    """
    either_minutes_or_steps(minutes, steps)
    if len(facesets) < 2:
        raise typer.BadParameter("give two facesets or more: the source's first, then the target's")

    def work(on_event: OnEvent) -> TrainResult:
        from understudy import train as api

        return api(
            facesets,
            model,
            minutes=minutes,
            steps=steps,
            preset=preset,
            start=start,
            batch=batch,
            seed=seed,
            resume=resume,
            on_event=on_event,
        )

    perform(work, _show_training, as_json=json, debug=debug, interrupted=lambda result: result.interrupted)


def convert(
    target: Annotated[Path, typer.Option(help="Video that is changed.")],
    model: Annotated[Path, typer.Option(help="Model folder.")],
    out: Annotated[Path, typer.Option(help="Video to write.")],
    source: Annotated[
        str | None, typer.Option(help="Person put in, by name.", show_default="the model's first")
    ] = None,
    target_identity: Annotated[
        str | None, typer.Option(help="Person replaced, by name.", show_default="the model's second")
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Put a model's source face into a video."""

    def work(on_event: OnEvent) -> ConvertResult:
        from understudy import convert as api

        return api(target, model, out, source=source, target_identity=target_identity, on_event=on_event)

    perform(work, _show_conversion, as_json=json, debug=debug)


@bench_app.command("train")
def bench_train(
    preset: Preset = None,
    seconds: Annotated[float, typer.Option(min=1, help="About how long to measure.")] = 20.0,
    batch: Annotated[int | None, typer.Option(min=1, help="Faces a person and step.")] = None,
    seed: Seed = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Measure what the training loop costs over its bare network."""

    def work(on_event: OnEvent) -> BenchResult:
        from understudy.workflows import bench_train as workflow

        config = workflow.BenchConfig(
            preset=preset or "tiny", seconds=seconds, batch=batch, seed=0 if seed is None else seed
        )
        return workflow.run(config, on_event)

    perform(work, _show_bench, as_json=json, debug=debug)


def _show_training(result: TrainResult) -> None:
    rows = [
        ("model", str(result.model)),
        ("steps", f"{result.steps}, {number(result.steps_per_s)} a second"),
    ]
    means = result.validation["mean_face_ssim_in_mask"]
    for name, ssim in result.validation["ssim_in_mask"].items():
        mean = number(means.get(name), 3)
        rows.append((f"held-out SSIM, {name}", f"{number(ssim, 3)} (a constant mean face: {mean})"))
    print_rows(rows)


def _show_conversion(result: ConvertResult) -> None:
    print_rows(
        [
            ("output", str(result.output)),
            ("frames", f"{result.frames}, {result.swapped} of them swapped"),
            ("speed", number(result.fps, 1, " frames a second")),
        ]
    )


def _show_bench(result: BenchResult) -> None:
    print_rows(
        [
            ("preset", f"{result.preset} on {result.device}, {result.precision}, {result.threads} threads"),
            ("whole loop", number(result.steps_per_s, 2, " steps a second")),
            ("bare network", number(result.bare_steps_per_s, 2, " steps a second")),
            ("overhead", number(100 * result.overhead, 1, " %")),
            ("faces", number(result.faces_per_s, 1, " a second")),
            ("of the measured peak", number(100 * result.mfu, 1, " %")),
            ("peak memory", number(result.peak_rss_mb, 0, " MB")),
        ]
    )
