"""`understudy train-animator`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.output import number, print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.cli.training_options import Device, checked_minutes, either_minutes_or_steps
from understudy.core.events import OnEvent
from understudy.workflows.choices import AUTO

if TYPE_CHECKING:
    from understudy.workflows.train_animator import TrainAnimatorResult


def train_animator(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder to write.")],
    clips: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="CLIP",
            help="Footage of people who move, a file a person, named after them.",
            show_default=False,
        ),
    ] = None,
    hold_out: Annotated[
        list[Path] | None,
        typer.Option(metavar="CLIP", help="Of somebody else, only measured on. Give it several times."),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(callback=checked_minutes, help="Minutes to train for.", show_default=False),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Training steps instead of minutes.", show_default="3000")
    ] = None,
    photos: Annotated[int, typer.Option(min=1, help="Frames of a clip that are taken for photos.")] = 2,
    frames: Annotated[int, typer.Option(min=1, help="Of a clip, that each photo is moved to.")] = 40,
    batch: Annotated[
        int | None,
        typer.Option(min=1, help="Pairs a step.", show_default="4, on a GPU 32"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random choice.")] = 0,
    device: Device = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what lies in the folder; give no clips then.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Train an animator (experimental) for `animate --method learned`: it mends a bent photo.

    It learns by itself: a frame of a clip is the photo, and another one what it should become.
    """
    either_minutes_or_steps(minutes, steps)

    def work(on_event: OnEvent) -> TrainAnimatorResult:
        from understudy import train_animator as api

        return api(
            clips or (),
            out,
            hold_out=hold_out or (),
            minutes=minutes,
            steps=steps,
            photos=photos,
            frames=frames,
            batch=batch,
            seed=seed,
            device=device or AUTO,
            resume=resume,
            on_event=on_event,
        )

    perform(work, _show, as_json=json, debug=debug)


def _show(result: TrainAnimatorResult) -> None:
    rows = [
        ("animator", str(result.model)),
        ("learnt from", f"{len(result.people)} people, {result.pairs} pairs"),
        ("trained", f"{result.steps} steps in all, {result.seconds:.0f} s now"),
    ]
    if result.held_out:
        told = f"{number(result.animator_ssim, 3)}, the warp {number(result.warp_ssim, 3)}"
        rows.append((f"SSIM, {len(result.held_out)} held out", told))
    print_rows(rows)
