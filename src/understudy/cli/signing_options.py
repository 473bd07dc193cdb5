"""Options of commands that sign what they write."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Cert = Annotated[
    Path | None,
    typer.Option(
        metavar="PEM",
        help="Certificates to sign with, the signer's first; with --key.",
        show_default="this machine's own",
    ),
]
Key = Annotated[Path | None, typer.Option(metavar="PEM", help="Key of --cert, without a passphrase.")]
