"""Options that `evaluate` and `compare` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Target = Annotated[Path, typer.Option(help="The footage that the output was made from.")]
Source = Annotated[
    Path | None, typer.Option(help="Faceset or footage of the person put in; needed for identity.")
]
TargetFaceset = Annotated[
    Path | None, typer.Option(help="Faceset of the person replaced, where several are seen.")
]
Truth = Annotated[Path | None, typer.Option(help="Footage of the source doing the same, frame for frame.")]
Every = Annotated[int, typer.Option(min=1, help="Measure one frame in so many.")]
