"""Options of convert, some of which swap shares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from understudy.workflows.choices import AUTO, BLENDS, CODECS, COLOURS, nearest


def _known(*names: str) -> Callable[[str], str]:
    """An option's callback that takes some names only."""

    def checked(value: str) -> str:
        if value not in names:
            raise typer.BadParameter(f"{value!r} is unknown; {nearest(value, names)}")
        return value

    return checked


Target = Annotated[
    Path, typer.Option(help="Footage that is changed: a video, or images as a folder or a pattern.")
]
Model = Annotated[Path, typer.Option(help="Model folder.")]
Out = Annotated[Path, typer.Option(help="Video to write, or numbered images: frames/%06d.png, .tif or .jpg.")]
Matte = Annotated[
    Path | None,
    typer.Option(help="Further video or numbered images to write: white where the picture is new."),
]
Source = Annotated[str | None, typer.Option(help="Person put in, by name.", show_default="the model's first")]
TargetIdentity = Annotated[
    str | None, typer.Option(help="Person replaced, by name.", show_default="the model's second")
]
Mapped = Annotated[
    list[str] | None,
    typer.Option(
        "--map", metavar="REPLACED=PUT_IN", help="Whose face somebody gets, once for each of several people."
    ),
]
Faces = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FACESET",
        help="Reviewed faces of this very target, of a person who is replaced; nobody is looked for then.",
    ),
]
Colour = Annotated[
    str,
    typer.Option(
        help=f"How colours are matched: auto (what comes nearest), {', '.join(COLOURS)}.",
        callback=_known(AUTO, *COLOURS),
    ),
]
Blend = Annotated[
    str,
    typer.Option(
        help=f"How the face is joined to what is around it: {', '.join(BLENDS)}.", callback=_known(*BLENDS)
    ),
]
Strength = Annotated[
    float, typer.Option(min=0, max=1, help="How much of the face is shown, 0 (the target) to 1.")
]
Occlusion = Annotated[
    bool,
    typer.Option(
        help="Whether what passes before the face (a hand) stays in front of it; best with --faces.",
    ),
]
Watermark = Annotated[
    bool,
    typer.Option(help="Whether the faces carry an invisible mark that tells the video from a camera's."),
]
Codec = Annotated[
    str,
    typer.Option(
        help="auto (the video's own, or what holds its depth), " + ", ".join(CODECS) + ".",
        callback=_known(AUTO, *CODECS),
    ),
]
Crf = Annotated[
    int | None,
    typer.Option(
        min=0, max=51, help="Constant quality, 0 is lossless.", show_default="hard to tell from the video"
    ),
]
