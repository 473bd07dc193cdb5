"""`understudy export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.output import print_rows
from understudy.cli.perform import Debug, Json, perform
from understudy.core.events import OnEvent

if TYPE_CHECKING:
    from understudy.workflows.export_result import ExportResult


def export(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model folder, from `train`.")],
    onnx: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder to write: encoder, a decoder a person, export.json."),
    ] = None,
    dfm: Annotated[
        Path | None,
        typer.Option(metavar="FILE.dfm", help="File to write for DeepFaceLive, FaceFusion or VisoMaster."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Person that the .dfm draws.", show_default="the model's first"),
    ] = None,
    target_identity: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Person whose decoder says where the face is that the .dfm reads.",
            show_default="the first beside the source",
        ),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Write a model as ONNX, or as a .dfm for the field's other programs, checked against torch."""
    if onnx is None and dfm is None:
        raise typer.BadParameter("give --onnx FOLDER, --dfm FILE.dfm or both")
    if dfm is None and (source is not None or target_identity is not None):
        raise typer.BadParameter("--source and --target-identity go with --dfm; --onnx writes everybody")

    def work(on_event: OnEvent) -> ExportResult:
        from understudy import export as api

        return api(
            model, onnx=onnx, dfm=dfm, source=source, target_identity=target_identity, on_event=on_event
        )

    perform(work, _show, as_json=json, debug=debug)


def _show(result: ExportResult) -> None:
    rows = [(file.holds, f"{file.path}, {file.size_bytes / 1e6:.1f} MB") for file in result.files]
    print_rows([*rows, ("largest difference from torch", f"{result.largest_difference:.1g} of 1")])
