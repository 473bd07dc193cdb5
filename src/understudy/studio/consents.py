"""Why somebody's face or voice may be used, as pages tell it: it becomes a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from understudy.api.identities import add_identity, show_identity
from understudy.core.errors import ConsentError
from understudy.core.identity_folder import find_record
from understudy.core.identity_record import Use
from understudy.studio.choose import allowed
from understudy.studio.context import StudioContext

if TYPE_CHECKING:
    from understudy.workflows.identities import Identity

_Text = Field(default=None, max_length=500)


class ConsentTold(BaseModel):
    """Why a face or a voice may be used, as the kinds of `understudy identity add`.

    Args:
        kind: "self", "consent" (`evidence` shows it), "rendered" or "public-domain" (`why`).
        evidence: path of the file that shows the agreement.
        why: why nobody has to agree.
        granted_by: who agreed, where it is not the person.
        scope: what it may be used for, in words.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    kind: Literal["self", "consent", "rendered", "public-domain"]
    evidence: str | None = Field(default=None, max_length=4096)
    why: str | None = _Text
    granted_by: str | None = _Text
    scope: str | None = _Text


def agree(context: StudioContext, name: str, told: ConsentTold | None, use: Use = "face") -> None:
    """See that there is a record of somebody that allows this use, or make one.

    Raises:
        ConsentError: there is none and nothing is said, or it does not hold, or it cannot be made.
        NotAllowedError: evidence from where none may be taken.
    """
    if find_record(name) is not None:
        check_holds(name, use)
        return
    if told is None:
        raise ConsentError(f"nothing says that the {use} of {name} may be used", "say why it may")
    scope = told.scope or None
    if told.kind == "consent":
        if told.evidence is None:
            raise ConsentError("no file shows the agreement", "choose the signed release")
        evidence, by = allowed(context, told.evidence), told.granted_by or None
        add_identity(name, consent=evidence, granted_by=by, scope=scope, used=(use,))
    else:
        add_identity(
            name,
            oneself=told.kind == "self",
            rendered=told.kind == "rendered",
            public_domain=(told.why or "") if told.kind == "public-domain" else None,
            scope=scope,
            used=(use,),
        )


def check_holds(name: str, use: Use = "face") -> None:
    """Raise where what was agreed holds no more, as when it was taken back while a page is open.

    Raises:
        ConsentError: there is no record, or it does not allow this use, or not any more.
    """
    known = record_of(name)
    if known is None:
        raise ConsentError(f"there is no record of {name} any more", "reload the page, and say why it may")
    if known.state != "valid":
        raise ConsentError(
            f"the consent of {name} is {known.state}",
            "record another with `understudy identity add --replace`",
        )
    if use not in known.uses:
        raise ConsentError(
            f"the consent of {name} is for the {' and '.join(known.uses)}, not for the {use}",
            f"record one for both with `understudy identity add --for face --for {use} --replace`",
        )


def record_of(name: str) -> Identity | None:
    """What is recorded of somebody; None where nothing is.

    Raises:
        ConsentError: it is no name, or the record cannot be read.
    """
    return show_identity(name) if find_record(name) is not None else None
