"""Records of whose face and voice may be used, who agreed, and to what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from understudy.api.paths import AnyPath, maybe_consent, maybe_path
from understudy.workflows.consent_choice import checked_uses, one_given

if TYPE_CHECKING:
    from understudy.workflows.identities import Identities, Identity


def add_identity(
    name: str,
    *,
    consent: AnyPath | None = None,
    oneself: bool = False,
    rendered: bool = False,
    public_domain: str | None = None,
    used: Sequence[str] = ("face",),
    granted_by: str | None = None,
    scope: str | None = None,
    until: date | None = None,
    faceset: AnyPath | None = None,
    replace: bool = False,
) -> Identity:
    """Record that somebody's face or voice may be used; give one of `consent` to `public_domain`.

    Args:
        name: the person, as facesets and models name them.
        consent: a file that shows the agreement, such as a signed release; it is not copied, its SHA-256 is
            noted. Or "self", "rendered" or "public-domain:WHY" in place of the three that follow.
        oneself: it is you.
        rendered: nobody who exists.
        public_domain: why nobody has to agree.
        used: what for: "face", "voice" or both.
        granted_by: who agreed, where it is not the person.
        scope: what it may be used for, in words.
        until: last day of it.
        faceset: faces of the person: others' are told from them later.
        replace: take the place of an earlier record, which is kept aside.

    Returns:
        The record as it is stored.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    given = one_given(maybe_consent(consent), oneself=oneself, rendered=rendered, public_domain=public_domain)
    uses = checked_uses(used)

    from understudy.workflows import identities as workflow

    return workflow.add(
        workflow.AddConfig(
            name=name,
            given=given,
            uses=uses,
            granted_by=granted_by,
            scope=scope,
            until=until,
            faceset=maybe_path(faceset),
            replace=replace,
        )
    )


def list_identities() -> Identities:
    """List everybody there is a record of, and whether the evidence is still what it was.

    Raises:
        UnderstudyError: the records cannot be read.
    """
    from understudy.workflows import identities as workflow

    return workflow.list_all()


def show_identity(name: str) -> Identity:
    """Show one record, and whether its evidence is still what it was.

    Args:
        name: the person.

    Raises:
        UnderstudyError: there is none, or it cannot be read.
    """
    from understudy.workflows import identities as workflow

    return workflow.show(name)


def revoke_identity(name: str, *, why: str | None = None) -> Identity:
    """Note that an agreement was taken back: nothing more is made with it.

    Args:
        name: the person.
        why: in words.

    Raises:
        UnderstudyError: there is no record, or it was revoked before.
    """
    from understudy.workflows import identities as workflow

    return workflow.revoke(name, why)
