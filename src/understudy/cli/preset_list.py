"""`understudy train --list-presets`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.output import number, print_table
from understudy.cli.perform import perform

if TYPE_CHECKING:
    from understudy.core.events import OnEvent
    from understudy.workflows.presets import PresetRow, PresetsResult


def _listed(wanted: bool) -> None:
    """List the presets in place of training.

    Raises:
        typer.Exit: they were listed.
    """
    if not wanted:
        return

    def work(on_event: OnEvent) -> PresetsResult:
        from understudy.workflows import presets

        return presets.run(on_event)

    # called before the other options are read: what training requires is not asked for
    perform(work, _show, as_json="--json" in sys.argv, debug="--debug" in sys.argv)
    raise typer.Exit


ListPresets = Annotated[
    bool,
    typer.Option(
        "--list-presets", is_eager=True, callback=_listed, help="List the networks and what each costs."
    ),
]


def _show(result: PresetsResult) -> None:
    print_table(
        ("preset", "px", "encoder", "a decoder", "GFLOP a face", "batch", "memory", "1,000 faces", "for"),
        map(_cells, result.presets),
    )


def _cells(row: PresetRow) -> tuple[str, ...]:
    return (
        row.name,
        str(row.size_px),
        number(row.encoder_parameters / 1e6, 1, " M"),
        number(row.decoder_parameters / 1e6, 1, " M"),
        number(row.flops / 1e9, 1),
        str(row.batch),
        number(row.training_mb / 1e3, 1, " GB"),
        number(row.faces_mb / 1e3, 1, " GB"),
        row.purpose,
    )
