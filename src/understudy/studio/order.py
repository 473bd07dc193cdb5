"""What the start page orders: a swap. It becomes a consent record, and a command in the queue."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from understudy.api.identities import add_identity, show_identity
from understudy.core.errors import ConfigError, ConsentError
from understudy.core.identity_folder import find_record
from understudy.studio.choose import allowed
from understudy.studio.context import StudioContext

if TYPE_CHECKING:
    from understudy.workflows.identities import Identity

_MOST_MINUTES = 7 * 24 * 60.0
WORK = ".jobs/"  # what jobs say that are no swap: nothing that a page lists
_Path = str
_Text = Field(default=None, max_length=500)


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ConsentTold(_Told):
    """Why a face may be used, as the kinds of `understudy identity add`.

    Args:
        kind: "self", "consent" (`evidence` shows it), "rendered" or "public-domain" (`why`).
        evidence: path of the file that shows the agreement.
        why: why nobody has to agree.
        granted_by: who agreed, where it is not the person.
        scope: what it may be used for, in words.
    """

    kind: Literal["self", "consent", "rendered", "public-domain"]
    evidence: str | None = Field(default=None, max_length=4096)
    why: str | None = _Text
    granted_by: str | None = _Text
    scope: str | None = _Text


class SwapOrder(_Told):
    """A swap to be made.

    Args:
        source: footage of the person put in.
        target: the video that is changed.
        target_footage: more footage of the person in the target.
        source_name: who is put in.
        target_name: who is replaced; as the target is called where None.
        minutes: to train for.
        steps: instead of minutes.
        preset: network, by name.
        consent: None where there is a record already.
    """

    source: list[_Path] = Field(min_length=1, max_length=100)
    target: _Path
    target_footage: list[_Path] = Field(default=[], max_length=100)
    source_name: str = Field(min_length=1, max_length=200)
    target_name: str | None = Field(default=None, max_length=200)
    minutes: float | None = Field(default=None, gt=0, le=_MOST_MINUTES, allow_inf_nan=False)
    steps: int | None = Field(default=None, gt=0, le=10_000_000)
    preset: str | None = Field(default=None, max_length=40)
    consent: ConsentTold | None = None


def place_order(context: StudioContext, order: SwapOrder) -> int:
    """Record the consent, where there is none yet, and put the swap into the queue; its number.

    Raises:
        NotAllowedError: footage from where none may be taken.
        ConfigError: minutes and steps, or neither.
        ConsentError: nobody agreed, or the record does not hold.
    """
    if (order.minutes is None) == (order.steps is None):
        raise ConfigError("how long to train is not said once", "give minutes, or steps")
    arguments = _footage(context, order)
    agree(context, order.source_name, order.consent)
    name = f"{order.source_name} in the place of {order.target_name or Path(order.target).stem}"
    folder = free_folder(context, f"{order.source_name} as {order.target_name or Path(order.target).stem}")
    arguments += [f"--out={context.production / folder / 'swap.mp4'}"]
    arguments += [f"--production={context.production / folder}", f"--source-name={order.source_name}"]
    given: dict[str, Any] = {"target-name": order.target_name, "preset": order.preset}
    given |= {"minutes": order.minutes, "steps": order.steps}
    arguments += [f"--{option}={value}" for option, value in given.items() if value is not None]
    return context.queue.add(name, folder, ["swap", *arguments])


def agree(context: StudioContext, name: str, told: ConsentTold | None) -> None:
    """See that there is a record of somebody, or make one.

    Raises:
        ConsentError: there is none and nothing is said, or it does not hold, or it cannot be made.
        NotAllowedError: evidence from where none may be taken.
    """
    known = record_of(name)
    if known is not None:
        if known.state != "valid":
            raise ConsentError(
                f"the consent of {name} is {known.state}",
                "record another with `understudy identity add --replace`",
            )
        return
    if told is None:
        raise ConsentError(f"nothing says that the face of {name} may be used", "say why it may")
    if told.kind == "consent":
        if told.evidence is None:
            raise ConsentError("no file shows the agreement", "choose the signed release")
        add_identity(
            name,
            consent=allowed(context, told.evidence),
            granted_by=told.granted_by or None,
            scope=told.scope or None,
        )
    else:
        add_identity(
            name,
            oneself=told.kind == "self",
            rendered=told.kind == "rendered",
            public_domain=(told.why or "") if told.kind == "public-domain" else None,
            scope=told.scope or None,
        )


def record_of(name: str) -> Identity | None:
    """What is recorded of somebody; None where nothing is.

    Raises:
        ConsentError: it is no name, or the record cannot be read.
    """
    return show_identity(name) if find_record(name) is not None else None


def with_minutes(arguments: list[str], minutes: float) -> list[str]:
    """The command of an order with another time to train."""
    kept = [one for one in arguments if not one.startswith(("--minutes=", "--steps="))]
    return [*kept, f"--minutes={minutes}"]


def _footage(context: StudioContext, order: SwapOrder) -> list[str]:
    roles = {"source": order.source, "target": [order.target], "target-footage": order.target_footage}
    return [f"--{role}={allowed(context, path)}" for role, paths in roles.items() for path in paths]


def free_folder(context: StudioContext, name: str, inside: str = "") -> str:
    """A folder of the production that is not there yet, named so that every file system can say it.

    Args:
        context: of the studio.
        name: as people call it.
        inside: a folder of the production, followed by a slash, that it is to lie in.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:60] or "swap"
    taken = {job.folder for job in context.queue.store.all()}
    number, free = 1, inside + plain
    while free in taken or (context.production / free).exists():
        number += 1
        free = f"{inside}{plain}_{number}"
    return free
