"""Footage and a model to new footage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from understudy.cli.consent_option import Consent, VoiceConsent
from understudy.cli.conversion_options import (
    Blend,
    Codec,
    Colour,
    Crf,
    Faces,
    FrameChoice,
    Grid,
    Jobs,
    Label,
    Mapped,
    Matte,
    Model,
    Occlusion,
    OutOrPicture,
    Source,
    Strength,
    Target,
    TargetIdentity,
    Texture,
    Thumbnails,
    Voice,
    VoiceAs,
    Watermark,
    Worst,
    frames_of,
    one_look,
)
from understudy.cli.output import number, print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.cli.signing_options import Cert, Key
from understudy.cli.training_options import Device
from understudy.core.events import OnEvent
from understudy.workflows.choices import AUTO
from understudy.workflows.configs import ConvertResult


def convert(
    target: Target,
    model: Model,
    out: OutOrPicture = None,
    source: Source = None,
    target_identity: TargetIdentity = None,
    mapped: Mapped = None,
    faces: Faces = None,
    colour: Colour = AUTO,
    blend: Blend = None,
    strength: Strength = 1.0,
    occlusion: Occlusion = True,
    texture: Texture = False,
    codec: Codec = AUTO,
    crf: Crf = None,
    matte: Matte = None,
    worst: Worst = None,
    frame: FrameChoice = None,
    grid: Grid = None,
    device: Device = None,
    consent: Consent = None,
    cert: Cert = None,
    key: Key = None,
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
    """Put a model's source face into a video or images, or into some frames to see what it looks like."""
    pairs, frames = _checked(out, grid, mapped or [], frame or [], (colour, blend))
    look: dict[str, Any] = {"colour": colour, "blend": blend, "strength": strength, "texture": texture}
    look |= {"occlusion": occlusion, "codec": codec, "crf": crf, "matte": matte, "worst": worst}
    says: dict[str, Any] = {"cert": cert, "key": key, "watermark": watermark, "consent": consent}
    says |= {"label": label, "thumbnails": thumbnails, "jobs": jobs, "device": device or "auto"}
    says |= {"voice": voice, "voice_as": voice_as, "voice_consent": voice_consent}

    def work(on_event: OnEvent) -> ConvertResult:
        from understudy import convert as api

        return api(
            target,
            model,
            out,
            source=source,
            target_identity=target_identity,
            mapped=pairs,
            faces=faces or [],
            **look,
            frame=frames,
            grid=grid,
            **says,
            on_event=on_event,
        )

    perform(work, _show_conversion, as_json=json, debug=debug)


def _checked(
    out: Path | None,
    grid: Path | None,
    mapped: Sequence[str],
    frame: Sequence[str],
    ways: tuple[str, str | None],
) -> tuple[dict[str, str], list[int | float]]:
    """Who is put in for whom, and which frames are shown; something has to be written."""
    if out is None and grid is None:
        raise typer.BadParameter("say where to write", param_hint="--out")
    if grid is None:
        one_look(*ways)
    return pairs_of(mapped), frames_of(frame)


def pairs_of(given: Sequence[str]) -> dict[str, str]:
    """Name put in by name replaced, of REPLACED=PUT_IN.

    Raises:
        typer.BadParameter: one is no such pair, or somebody is replaced twice.
    """
    pairs: dict[str, str] = {}
    for text in given:
        replaced, equals, put_in = text.partition("=")
        if not (replaced and equals and put_in):
            raise typer.BadParameter(f"{text!r} is no REPLACED=PUT_IN", param_hint="--map")
        if replaced in pairs:
            raise typer.BadParameter(f"{replaced} is replaced twice", param_hint="--map")
        pairs[replaced] = put_in
    return pairs


def _show_conversion(result: ConvertResult) -> None:
    print_rows(
        [
            ("output", str(result.output)),
            *([("matte", str(result.matte))] if result.matte else ()),
            ("frames", f"{result.frames}, {result.swapped} of them swapped"),
            ("speed", number(result.fps, 1, " frames a second")),
        ]
    )
