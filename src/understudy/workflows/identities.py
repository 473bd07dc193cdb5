"""Records of people: add, list, show, revoke."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from understudy.core.errors import ConsentError, FacesetError, UnderstudyError
from understudy.core.files import sha256_of_file
from understudy.core.identity_folder import Found, all_records, find_record, store_new_record, store_record
from understudy.core.identity_record import FaceOf, IdentityRecord, Use
from understudy.faces.faceset import Faceset
from understudy.workflows.choices import nearest_name
from understudy.workflows.consent_choice import Given, new_record

_STATES = {"changed": "was changed", "missing": "is not where it was"}


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A record, as it is shown.

    Args:
        name: of the person.
        state: whether it holds today.
        kind: "consent", "self", "rendered" or "public-domain".
        granted_by: who agreed; None where nobody had to.
        recorded: when, as ISO 8601 says it.
        uses: "face", "voice".
        scope: what for, in words.
        until: last day, as ISO 8601 says it.
        why: why nobody's agreement is needed.
        evidence: the file that shows it.
        evidence_sha256: of its content.
        evidence_state: whether it still is what was recorded; None where there is none or nobody looked.
        has_face: whether it is known what the face is like.
        sha256: digest of what was agreed; models and outputs carry it.
        path: file of the record.
        revoked_on: day on which it was taken back, as ISO 8601 says it.
        revoked_why: in words.
        notes: what became of an earlier record, a line each.
    """

    name: str
    state: Literal["valid", "revoked", "expired"]
    kind: str
    granted_by: str | None
    recorded: str
    uses: list[str]
    scope: str | None
    until: str | None
    why: str | None
    evidence: str | None
    evidence_sha256: str | None
    evidence_state: Literal["intact", "changed", "missing"] | None
    has_face: bool
    sha256: str
    path: Path
    revoked_on: str | None = None
    revoked_why: str | None = None
    notes: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, kw_only=True)
class AddConfig:
    """A record to make.

    Args:
        name: of the identity, as its facesets have it.
        given: the agreement.
        uses: what for.
        granted_by: who agreed, where it is not the person.
        scope: what for, in words.
        until: last day.
        faceset: faces of the person, to know them by.
        replace: whether it may take the place of another record.
    """

    name: str
    given: Given
    uses: tuple[Use, ...] = ("face",)
    granted_by: str | None = None
    scope: str | None = None
    until: date | None = None
    faceset: Path | None = None
    replace: bool = False


@dataclass(frozen=True, kw_only=True)
class Identities:
    """Everybody there is a record of, and what is wrong with files that hold none."""

    identities: list[Identity]
    warnings: list[str] = field(default_factory=list[str])


def add(config: AddConfig) -> Identity:
    """Record what was agreed. Of a record whose place it takes, what the face is like is kept.

    Raises:
        ConsentError: there is a record already, or what is given cannot be one.
        FacesetError: the faceset cannot be read, or does not know what its faces are like.
        UnderstudyError: it cannot be written.
    """
    found = find_record(config.name)
    if found is not None and not config.replace:
        raise ConsentError(
            f"there is a record of {found.record.name} already ({found.record.kind}, "
            f"{found.record.state(date.today())})",
            "a new agreement takes its place with --replace",
        )
    if config.until is not None and config.until < date.today():
        raise ConsentError(f"the agreement ended on {config.until}", "give a day that is still to come")
    record = new_record(
        config.name,
        config.given,
        uses=config.uses,
        granted_by=config.granted_by,
        scope=config.scope,
        until=config.until,
    )
    if config.faceset is not None:
        record = record.model_copy(update={"face": face_in(config.faceset)})
    if found is None:
        return _shown(store_new_record(record))
    earlier = found.record
    if record.face is None and earlier.face is not None:
        record = record.model_copy(update={"face": earlier.face})
    return _shown(store_record(record, replaces=earlier), notes=_left_out(earlier, record))


def _left_out(earlier: IdentityRecord, now: IdentityRecord) -> list[str]:
    """What a record said that took the place of another, and this one does not; what was agreed is anew."""
    said = {
        "scope": (earlier.scope, now.scope),
        "until": (earlier.until, now.until),
        "uses": (", ".join(sorted(set(earlier.uses) - set(now.uses))), ""),
    }
    lost = [f"{what} ({before})" for what, (before, after) in said.items() if before and not after]
    notes = [f"the earlier record said what this one does not: {', '.join(lost)}"] if lost else []
    if now.face is not None and now.face == earlier.face:
        notes.append("what the face is like was kept; --faceset takes it from other faces")
    return notes


def show(name: str) -> Identity:
    """One record, and whether its evidence is still what it was.

    Raises:
        ConsentError: there is none, or it cannot be read.
    """
    return _shown(_known(name), look=True)


def list_all() -> Identities:
    """All records, and whether their evidence is still what it was.

    Raises:
        ConsentError: the folder cannot be read.
    """
    found, problems = all_records()
    shown = [_shown(one, look=True) for one in found]
    problems += [
        f"the evidence of {one.name} {_STATES[one.evidence_state]}: {one.evidence}"
        for one in shown
        if one.evidence_state in _STATES
    ]
    return Identities(identities=shown, warnings=problems)


def revoke(name: str, why: str | None = None) -> Identity:
    """Note that an agreement was taken back: nothing is made with this face or voice from now on.

    Raises:
        ConsentError: there is none, or it was revoked before.
        UnderstudyError: it cannot be written.
    """
    found = _known(name)
    if found.record.revoked is not None:
        raise ConsentError(f"the consent of {name} was revoked on {found.record.revoked.on} already")
    # made through the checks, as `model_copy` makes none
    try:
        fields = found.record.model_dump() | {"revoked": {"on": date.today(), "why": why}}
        return _shown(store_record(IdentityRecord.model_validate(fields)))
    except ValueError as error:
        raise ConsentError(
            "the reason cannot be recorded", "give one line of 500 characters at most"
        ) from error


def face_in(folder: Path) -> FaceOf:
    """What the face in a faceset is like.

    Raises:
        FacesetError: it cannot be read, or does not know what its faces are like.
    """
    with Faceset.open(folder) as faceset:
        vector, digest = faceset.mean_identity(), faceset.digest()
    if vector is None:
        raise FacesetError(f"{folder} does not know what its faces are like", "extract the footage again")
    return face_of([float(value) for value in vector], digest)


def face_of(vector: Sequence[float], digest: str, *, is_one: bool = False) -> FaceOf:
    """What a face is like, in as few digits as tell people apart; `is_one` of a single picture."""
    rounded = [round(float(value), 5) for value in vector]
    return FaceOf(vector=rounded, faceset=digest, pictures=1 if is_one else None)


def _known(name: str) -> Found:
    found = find_record(name)
    if found is None:
        near = nearest_name(name, tuple(one.record.name for one in all_records()[0]))
        raise ConsentError(
            f"there is no record of {name}",
            f"make one: understudy identity add {shlex.quote(name)} --consent FILE"
            if near is None
            else f"did you mean {near}?",
        )
    return found


def _shown(found: Found, *, look: bool = False, notes: Sequence[str] = ()) -> Identity:
    record, revoked = found.record, found.record.revoked
    evidence = record.evidence
    return Identity(
        name=record.name,
        state=record.state(date.today()),
        kind=record.kind,
        granted_by=record.granted_by,
        recorded=record.recorded.isoformat(),
        uses=list(record.uses),
        scope=record.scope,
        until=record.until.isoformat() if record.until else None,
        why=record.why,
        evidence=evidence.path if evidence else None,
        evidence_sha256=evidence.sha256 if evidence else None,
        evidence_state=_state_of(Path(evidence.path), evidence.sha256) if evidence and look else None,
        has_face=record.face is not None,
        sha256=record.digest(),
        path=found.path,
        revoked_on=revoked.on.isoformat() if revoked else None,
        revoked_why=revoked.why if revoked else None,
        notes=list(notes),
    )


def _state_of(path: Path, digest: str) -> Literal["intact", "changed", "missing"]:
    if not path.is_file():
        return "missing"
    try:
        return "intact" if sha256_of_file(path) == digest else "changed"
    except UnderstudyError:
        return "missing"
