"""`understudy lipsync`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from understudy.cli.consent_option import FaceConsent
from understudy.cli.conversion_options import Codec, Crf, Label, Watermark
from understudy.cli.output import number, print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.cli.signing_options import Cert, Key
from understudy.core.events import OnEvent
from understudy.workflows.choices import AUTO, nearest
from understudy.workflows.lipsync_config import LENGTHS

if TYPE_CHECKING:
    from understudy.workflows.lipsync_config import LipsyncResult


def _checked_length(value: str) -> str:
    if value not in LENGTHS:
        raise typer.BadParameter(f"{value!r} is unknown; {nearest(value, LENGTHS)}")
    return value


Footage = Annotated[Path, typer.Argument(metavar="FOOTAGE", help="Shows the face whose mouth is changed.")]
Speech = Annotated[
    Path,
    typer.Option(
        metavar="SOUND", help="What is said: a sound file, or footage, of which the sound is taken."
    ),
]
Out = Annotated[Path, typer.Option(help="Video to write, or numbered images: frames/%06d.png.")]
Learn = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FOOTAGE",
        help="The same person talking, 20 s in all or more: lips are learnt of it. A video, a folder of "
        "videos or a pattern in quotes; repeat for several.",
        show_default="FOOTAGE itself",
    ),
]
LearnSpeaker = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FOOTAGE",
        help="Whoever says the speech talking, where that is somebody else: what their sounds do to lips is "
        "learnt, too. As --learn, but 5 s of talking do.",
    ),
]
LengthOption = Annotated[
    str,
    typer.Option(
        metavar="|".join(LENGTHS),
        callback=_checked_length,
        help="pingpong: as long as the speech, the footage played forth and back where it is shorter; cut: "
        "as long as the shorter of both; footage: as long as the footage.",
    ),
]
Strength = Annotated[float, typer.Option(min=0, max=2, help="How far the mouth moves; 1 as learnt.")]
PersonOption = Annotated[
    int, typer.Option(min=1, help="Whose face of the footage, by how often they are seen: 1 is who is most.")
]
Seed = Annotated[int, typer.Option(min=0, help="Of learning.")]
Identity = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Who is in the footage, as their record is called.",
        show_default="the footage's name",
    ),
]
Thumbnails = Annotated[
    bool,
    typer.Option(help="Whether the manifest shows a small picture of the footage; file names stay in it."),
]


def lipsync(
    footage: Footage,
    speech: Speech,
    out: Out,
    learn: Learn = None,
    learn_speaker: LearnSpeaker = None,
    length: LengthOption = "pingpong",
    strength: Strength = 1.0,
    person: PersonOption = 1,
    seed: Seed = 0,
    codec: Codec = AUTO,
    crf: Crf = None,
    identity: Identity = None,
    consent: FaceConsent = None,
    cert: Cert = None,
    key: Key = None,
    watermark: Watermark = True,
    label: Label = None,
    thumbnails: Thumbnails = True,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Let the mouth of somebody in footage follow other speech; all else of the picture stays."""
    look: dict[str, Any] = {"learn": learn or (), "learn_speaker": learn_speaker or (), "length": length}
    look |= {"strength": strength, "person": person, "seed": seed, "codec": codec, "crf": crf}
    says: dict[str, Any] = {"identity": identity, "consent": consent, "cert": cert, "key": key}
    says |= {"watermark": watermark, "label": label, "thumbnails": thumbnails}

    def work(on_event: OnEvent) -> LipsyncResult:
        from understudy import lipsync as api

        return api(footage, speech, out, **look, **says, on_event=on_event)

    perform(work, _show, as_json=json, debug=debug)


def _show(result: LipsyncResult) -> None:
    own = f"r with the real mouth for this person's own speech {result.learnt_r:.2f}"
    learnt = f"from {result.learnt_s:.0f} s of talking; {own}"
    offset = f"{result.offset_ms:+.0f} ms, corrected" if result.offset_ms else "none"
    print_rows(
        [
            ("output", str(result.output)),
            ("frames", f"{result.frames}, {result.animated} of them with a drawn mouth"),
            ("speech", number(result.speech_s, 1, " s")),
            ("learnt", learnt),
            ("sound late by", offset),
            ("size", f"{result.width_px} x {result.height_px} px"),
            ("speed", number(result.fps, 1, " frames a second")),
        ]
    )
