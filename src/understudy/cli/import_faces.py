"""`understudy import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.output import number, print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.core.events import OnEvent
from understudy.workflows.import_result import ImportConfig, ImportResult


def import_faces(
    faces: Annotated[
        Path,
        typer.Argument(
            metavar="FACES",
            help="Folder of aligned faces of DeepFaceLab or faceswap, or an .fsa file with --frames.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Faceset folder to write; an unfinished one is continued.")],
    alignments: Annotated[
        Path | None,
        typer.Option(help="An .fsa file whose landmarks count instead of those in faceswap's pictures."),
    ] = None,
    frames: Annotated[
        Path | None,
        typer.Option(help="Video or folder of frames that the faces are from: wider, sharper crops."),
    ] = None,
    identity: Annotated[str | None, typer.Option(help="Name of the person; the folder's by default.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Make a faceset of one of DeepFaceLab or faceswap, with its landmarks."""
    config = ImportConfig(faces=faces, faceset=out, identity=identity, alignments=alignments, frames=frames)

    def work(on_event: OnEvent) -> ImportResult:
        from understudy.workflows import import_faces as workflow

        return workflow.run(config, on_event)

    perform(work, _show, as_json=json, debug=debug)


def _show(result: ImportResult) -> None:
    rows = [
        ("faceset", str(result.faceset)),
        ("made by", result.program),
        ("frames", str(result.frames)),
        ("faces", f"{result.faces} kept"),
    ]
    if result.reasons:
        rows.append(("rejected", ", ".join(f"{count} {reason}" for reason, count in result.reasons.items())))
    if result.without_mesh:
        rows.append(("no mesh", f"{result.without_mesh}, landmarks kept"))
    rows.append(("landmarks", f"{number(result.landmark_gap, 3)} of a face's height from the mesh"))
    print_rows(rows)
