"""`understudy swap`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from understudy.cli.consent_option import Consent, VoiceConsent
from understudy.cli.conversion_options import (
    Jobs,
    Label,
    Matte,
    Out,
    SourceName,
    Target,
    TargetName,
    Thumbnails,
    Voice,
    VoiceAs,
    Watermark,
    Worst,
)
from understudy.cli.evaluate import show as show_figures
from understudy.cli.model import held_out_rows
from understudy.cli.output import number, print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.cli.signing_options import Cert, Key
from understudy.cli.training_options import Minutes, Preset, Seed, Start, Steps, either_minutes_or_steps
from understudy.core.events import OnEvent
from understudy.workflows.configs import SwapResult

Report = Annotated[Path | None, typer.Option(help="Measure the result and write this HTML report about it.")]
Production = Annotated[
    Path | None,
    typer.Option(help="Folder for facesets, model and previews; what lies there is gone on with."),
]


def swap(
    source: Annotated[
        list[Path],
        typer.Option(help="Footage of the person put in: a video, an image, a folder; repeatable."),
    ],
    target: Target,
    out: Out,
    target_footage: Annotated[
        list[Path] | None, typer.Option(help="More footage of the person in the target; repeatable.")
    ] = None,
    minutes: Minutes = None,
    steps: Steps = None,
    production: Production = None,
    preset: Preset = None,
    start: Start = None,
    seed: Seed = None,
    report: Report = None,
    matte: Matte = None,
    source_name: SourceName = None,
    target_name: TargetName = None,
    consent: Consent = None,
    cert: Cert = None,
    key: Key = None,
    worst: Worst = None,
    watermark: Watermark = True,
    label: Label = None,
    thumbnails: Thumbnails = True,
    jobs: Jobs = 1,
    voice: Voice = None,
    voice_as: VoiceAs = None,
    voice_consent: VoiceConsent = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Put the source's face into the target, in one go.

    Settings that are not given come from PRODUCTION/understudy.toml, table "train".
    """
    either_minutes_or_steps(minutes, steps)

    training: dict[str, Any] = {"minutes": minutes, "steps": steps, "preset": preset}
    training |= {"start": start, "seed": seed}
    says: dict[str, Any] = {"cert": cert, "key": key, "watermark": watermark, "consent": consent}
    says |= {"label": label, "thumbnails": thumbnails, "worst": worst, "jobs": jobs}
    says |= {"source_name": source_name, "target_name": target_name}
    says |= {"voice": voice, "voice_as": voice_as, "voice_consent": voice_consent}

    def work(on_event: OnEvent) -> SwapResult:
        from understudy import swap as api

        return api(
            source,
            target,
            out,
            target_footage=target_footage or (),
            production=production,
            **training,
            report=report,
            matte=matte,
            **says,
            on_event=on_event,
        )

    perform(work, _show, as_json=json, debug=debug)


def _show(result: SwapResult) -> None:
    from understudy.workflows.reported_swap import ReportedSwapResult  # slow to import, and loaded by now

    rows = [
        ("output", str(result.output)),
        *([("matte", str(result.matte))] if result.matte else ()),
        ("people", f"{result.source_name} in the place of {result.target_name}"),
        ("frames", f"{result.frames}, {result.swapped} of them swapped"),
        *(held_out_rows(result.train) if result.train else ()),
        ("production", str(result.production)),
        ("time", number(result.seconds / 60, 1, " minutes")),
    ]
    if isinstance(result, ReportedSwapResult):
        show_figures(result.evaluation)
        rows.insert(1, ("report", str(result.report)))
    print_rows(rows)
