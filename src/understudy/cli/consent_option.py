"""`--consent`, of every command that uses somebody's face or voice."""

from __future__ import annotations

from typing import Annotated

import typer

from understudy.core.errors import ConsentError
from understudy.workflows.consent_choice import Given, parsed_consent


def checked_consent(text: str) -> Given:
    """What is said about an agreement.

    Raises:
        typer.BadParameter: it cannot be understood.
    """
    try:
        return parsed_consent(text)
    except ConsentError as error:
        raise typer.BadParameter(f"{error.what}; {error.next_step}", param_hint="--consent") from error


def _checked(text: str | None) -> str | None:
    if text is not None:
        checked_consent(text)
    return text


Consent = Annotated[
    str | None,
    typer.Option(
        callback=_checked,
        metavar="FILE|self|rendered|public-domain:WHY",
        help="Why the source's face may be used; recorded once, see `understudy identity`.",
        show_default=False,
    ),
]
FaceConsent = Annotated[
    str | None,
    typer.Option(
        callback=_checked,
        metavar="FILE|self|rendered|public-domain:WHY",
        help="Why the face in the footage may be used; recorded once, see `understudy identity`.",
        show_default=False,
    ),
]
VoiceConsent = Annotated[
    str | None,
    typer.Option(
        callback=_checked,
        metavar="FILE|self|rendered|public-domain:WHY",
        help="Why the voice put in may be used; recorded once, see `understudy identity`.",
        show_default=False,
    ),
]
