"""Options of convert, some of which swap shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.times import seconds
from understudy.workflows.choices import AUTO, BLENDS, CODECS, COLOURS, nearest


def _known(*names: str) -> Callable[[str], str]:
    """An option's callback that takes some names only."""

    def checked(value: str) -> str:
        if value not in names:
            raise typer.BadParameter(f"{value!r} is unknown; {nearest(value, names)}")
        return value

    return checked


def _all_known(*names: str) -> Callable[[str | None], str | None]:
    """The same of an option that takes several, with commas between."""

    def checked(value: str | None) -> str | None:
        for name in value.split(",") if value is not None else ():
            _known(*names)(name)
        return value

    return checked


def frames_of(given: Sequence[str]) -> list[int | float]:
    """Positions and times, of texts with commas between them: "310" is a position, "12.4" and "0:12" times.

    Raises:
        typer.BadParameter: one is neither.
    """
    return [_frame(part.strip()) for text in given for part in text.split(",")]


def _frame(text: str) -> int | float:
    try:
        return int(text) if text.isdecimal() else seconds(text)
    except (ValueError, typer.BadParameter) as error:  # also of more digits than Python reads
        raise typer.BadParameter(
            f"{text[:40]!r} is no frame; give a position from 0 on (310) or a time (12.4, 0:12.4)",
            param_hint="--frame",
        ) from error


def one_look(colour: str, blend: str | None) -> None:
    """Refuse several colours or blends where one picture or video is made.

    Raises:
        typer.BadParameter: there are several.
    """
    for option, value in (("--colour", colour), ("--blend", blend or "")):
        if "," in value:
            raise typer.BadParameter(f"{value!r} are several; a --grid shows them", param_hint=option)


Target = Annotated[
    Path, typer.Option(help="Footage that is changed: a video, or images as a folder or a pattern.")
]
Model = Annotated[Path, typer.Option(help="Model folder.")]
Out = Annotated[Path, typer.Option(help="Video to write, or numbered images: frames/%06d.png, .tif or .jpg.")]
OutOrPicture = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help="Video to write, or numbered images: frames/%06d.png, .tif or .jpg; with --frame, a picture.",
    ),
]
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
SourceName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Who is put in, as their record is called.", show_default="the footage's name"
    ),
]
TargetName = Annotated[
    str | None, typer.Option(metavar="NAME", help="Who is replaced.", show_default="the footage's name")
]
Colour = Annotated[
    str,
    typer.Option(
        help=f"How colours are matched: auto (what comes nearest), {', '.join(COLOURS)}.",
        callback=_all_known(AUTO, *COLOURS),
    ),
]
Blend = Annotated[
    str | None,
    typer.Option(
        help=f"How the face is joined to what is around it: {', '.join(BLENDS)}.",
        callback=_all_known(*BLENDS),
        show_default=BLENDS[0],
    ),
]
Strength = Annotated[
    float, typer.Option(min=0, max=1, help="How much of the face is shown, 0 (the target) to 1.")
]
Occlusion = Annotated[
    bool,
    typer.Option(
        help="Whether what passes before the face (a hand) stays in front of it; masks drawn on --faces "
        "in the review are used and learnt from.",
    ),
]
Texture = Annotated[
    bool, typer.Option(help="Whether the face takes on the video's blur and grain, where there is some.")
]
Watermark = Annotated[
    bool,
    typer.Option(
        help="Put an invisible mark into the faces of moving pictures, which verify --watermark finds again; "
        "the manifest says whether it is there."
    ),
]
Label = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT|auto",
        help="Visible label in a corner of every frame that shows a drawn face, never over one; auto says "
        "'AI-generated face'.",
    ),
]
Thumbnails = Annotated[
    bool,
    typer.Option(
        help="Whether the manifest shows small pictures of target and source; file names stay in it.",
    ),
]
Jobs = Annotated[
    int,
    typer.Option(
        min=1,
        help="Processes that share the footage; worth it with many cores, or beside a GPU. Each needs the "
        "memory of a conversion.",
    ),
]
Voice = Annotated[
    Path | None,
    typer.Option(
        metavar="MODEL",
        help="Voice model (see `understudy voice train`) in whose voice the sound is said.",
        show_default="the target's own sound",
    ),
]
VoiceAs = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Whose voice.", show_default="the source's, where the model has it"),
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
Worst = Annotated[
    Path | None,
    typer.Option(
        help="Judge frames while they are made: folder for their figures, pictures of the worst, and "
        "worst.json for train --focus.",
    ),
]
FrameChoice = Annotated[
    list[str] | None,
    typer.Option(
        "--frame",
        metavar="TIME|N",
        help="Convert this frame only, told by time (0:12.4) or position (310), and write a picture; several "
        "for --grid.",
    ),
]
Grid = Annotated[
    Path | None,
    typer.Option(
        help="Instead of --out: picture that sets each --frame's face side by side in all colours and "
        "blends, or in those given (--colour lab,mkl).",
    ),
]
