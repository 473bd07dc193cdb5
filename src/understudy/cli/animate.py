"""`understudy animate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from understudy.cli.consent_option import Consent
from understudy.cli.conversion_options import Codec, Crf, Label, Watermark
from understudy.cli.output import number, print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.cli.signing_options import Cert, Key
from understudy.core.events import OnEvent
from understudy.workflows.choices import AUTO, METHODS, WARP

if TYPE_CHECKING:
    from understudy.workflows.animate_config import AnimateResult

Photo = Annotated[
    Path,
    typer.Argument(
        metavar="PHOTO|FOOTAGE", help="A picture; or footage, in which only the expression is replaced."
    ),
]
Out = Annotated[
    Path,
    typer.Option(help="Video to write, or numbered images: frames/%06d.png; for one expression a picture."),
]
Driving = Annotated[
    Path | None,
    typer.Option(
        metavar="FOOTAGE|CURVES.json",
        help="Footage whose face gives expression, pose and sound; or a file of `expression read`.",
    ),
]
Expression = Annotated[
    str | None,
    typer.Option(
        metavar="NAME=VALUE,...",
        help="Instead of a driving, e.g. 'smile=0.8, jaw_open=0.3, yaw=-10'. Names are those of ARKit, "
        "simple ones (smile, blink, brow_up ...), and yaw, pitch, roll, gaze_yaw, gaze_pitch in degrees; "
        "neutral (no value) begins at the face at rest.",
    ),
]
PersonOption = Annotated[
    int, typer.Option(min=1, help="Whose face of the driving, by how often they are seen: 1 is who is most.")
]
PhotoPerson = Annotated[
    int,
    typer.Option(min=1, help="Whose face of the photo, by size; of footage by how often they are seen."),
]
Strength = Annotated[float, typer.Option(min=0, max=2, help="How far expressions are shown; 1 as they are.")]
KeepPose = Annotated[bool, typer.Option("--keep-pose", help="Leave the head as it is in the photo.")]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        metavar="MODEL",
        help="A model trained with the photo's person: it draws the moved face anew, as it knows it.",
    ),
]
Method = Annotated[
    str,
    typer.Option(
        metavar="|".join(METHODS),
        help="warp bends the photo; learned (experimental) has an animator mend what was bent.",
    ),
]
AnimatorOption = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="An animator that train-animator trained, for --method learned."),
]
Size = Annotated[
    int | None,
    typer.Option(
        min=64,
        max=8192,
        metavar="PX",
        help="Longest side, at most.",
        show_default="1280 for a video, the photo's own for a picture",
    ),
]
Identity = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Who is in the photo, as their record is called.",
        show_default="the photo's name",
    ),
]
Thumbnails = Annotated[
    bool,
    typer.Option(
        help="Whether the manifest shows small pictures of photo and driving; file names stay in it."
    ),
]


def animate(
    photo: Photo,
    out: Out,
    driving: Driving = None,
    expression: Expression = None,
    person: PersonOption = 1,
    photo_person: PhotoPerson = 1,
    strength: Strength = 1.0,
    keep_pose: KeepPose = False,
    model: ModelOption = None,
    method: Method = WARP,
    animator: AnimatorOption = None,
    size: Size = None,
    codec: Codec = AUTO,
    crf: Crf = None,
    identity: Identity = None,
    consent: Consent = None,
    cert: Cert = None,
    key: Key = None,
    watermark: Watermark = True,
    label: Label = None,
    thumbnails: Thumbnails = True,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Give a photo's face somebody's expressions, or those that are named; or replace those of footage."""
    if (driving is None) == (expression is None):
        raise typer.BadParameter("give one of --driving and --expression", param_hint="--driving")
    look: dict[str, Any] = {"driving": driving, "expression": expression, "person": person}
    look |= {"photo_person": photo_person, "strength": strength, "keep_pose": keep_pose}
    look |= {"model": model, "method": method, "animator": animator, "size": size}
    says: dict[str, Any] = {"identity": identity, "consent": consent, "cert": cert, "key": key}
    says |= {"watermark": watermark, "label": label, "thumbnails": thumbnails}

    def work(on_event: OnEvent) -> AnimateResult:
        from understudy import animate as api

        return api(photo, out, **look, codec=codec, crf=crf, **says, on_event=on_event)

    perform(work, _show, as_json=json, debug=debug)


def _show(result: AnimateResult) -> None:
    frames = "1" if result.frames == 1 else f"{result.frames}, {result.animated} of them with a drawn face"
    print_rows(
        [
            ("output", str(result.output)),
            ("frames", frames),
            *([("held", f"{result.held} frames without a driving face")] if result.held else ()),
            ("size", f"{result.width_px} x {result.height_px} px"),
            ("speed", number(result.fps, 1, " frames a second")),
        ]
    )
