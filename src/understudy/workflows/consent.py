"""Whether somebody's face or voice may be used; what the record says goes into models and outputs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from understudy.core.errors import ConfigError, ConsentError, UnderstudyError
from understudy.core.events import Notice, OnEvent, Written, ignore
from understudy.core.identity_folder import find_record, store_new_record, store_record
from understudy.core.identity_record import ConsentReference, FaceOf, IdentityRecord, Use, checked_name
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_schema import is_faceset
from understudy.workflows.consent_choice import WAYS, Given, evidence_of, new_record, parsed_consent
from understudy.workflows.consent_faces import unlike

_PERSON = "person"  # what a faceset notes under


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """The records by which people are used.

    Args:
        references: by the person's name.
        warnings: what the user should know.
    """

    references: dict[str, ConsentReference]
    warnings: list[str] = field(default_factory=list[str])

    @property
    def said(self) -> list[dict[str, Any]]:
        """What a manifest says of them."""
        return [reference.model_dump(exclude_none=True) for reference in self.references.values()]


def agreed(
    people: Mapping[str, FaceOf | None],
    use: Use,
    consent: str | None = None,
    on_event: OnEvent = ignore,
) -> Agreed:
    """Find everybody's record, or make the one that is given.

    Args:
        people: what is known of their faces, by name.
        use: what for.
        consent: "self", "rendered", "public-domain:WHY" or a file that shows the agreement: of the one of
            them who has no record yet. It may be given again.
        on_event: hears of what was written, and what a record says it is for.

    Raises:
        ConsentError: there is no record of somebody, it was revoked, has ended or does not allow this use;
            or another consent is given than was recorded.
    """
    warnings: list[str] = []
    references: dict[str, ConsentReference] = {}
    for name, (record, is_new) in _records(list(people), use, consent).items():
        face = people[name]
        if is_new:
            record = record.model_copy(update={"face": face})
            on_event(Written(path=store_new_record(record).path, what=f"record of {record.name}"))
        elif face is not None and record.face is not None:
            warnings += unlike(record.face, name, face.vector, is_one=face.pictures is not None)
        elif face is not None:
            _learn_face(record, face, on_event)
        if record.scope:
            on_event(Notice(message=f"{record.name} agreed to: {record.scope}", is_warning=False))
        references[name] = record.reference()
    return Agreed(references=references, warnings=warnings)


def _learn_face(record: IdentityRecord, face: FaceOf, on_event: OnEvent) -> None:
    """Let a record that was made without a face know it from now on, unless it was changed meanwhile."""
    found = find_record(record.name)
    if found is None or found.record != record:
        return
    with suppress(UnderstudyError):  # records that may only be read serve as they are
        store_record(record.model_copy(update={"face": face}))
        message = f"the record of {record.name} keeps what this face is like, and tells others from it"
        on_event(Notice(message=message, is_warning=False))


def check_agreed(people: Sequence[str], use: Use, consent: str | None = None) -> None:
    """Raise before long work what `agreed` would raise; nothing is written.

    Raises:
        ConsentError: see `agreed`.
    """
    _records(people, use, consent)


def agreed_earlier(name: str, use: Use) -> ConsentReference | None:
    """The record of somebody who needs none, because they are not put in anywhere; None where there is none.

    Raises:
        ConsentError: they took back what they had agreed to.
    """
    try:
        checked_name(name)
    except ValueError:
        return None
    found = find_record(name)
    if found is None:
        return None
    state = found.record.state(date.today())
    if state == "revoked":
        raise _refused(found.record, use)
    return found.record.reference() if state == "valid" and use in found.record.uses else None


def check_both_agreed(name: str) -> None:
    """Refuse to use face and voice of somebody of whom nothing is recorded: one option says one use of two.

    Raises:
        ConsentError: there is no record.
    """
    if find_record(name) is None:
        raise ConsentError(
            f"there is no record that face and voice of {name} may be used",
            f"record both: {_add(name, 'face', 'voice')}",
        )


def consent_note(found: Agreed) -> str:
    """What an output says of the records that it was made by, to be put behind what else it says."""
    return "".join(f"; {_in_words(reference)}" for reference in found.references.values())


def person_in(folder: Path) -> str:
    """Whose record goes with a faceset: as it notes, else as its identity is called.

    Raises:
        FacesetError: it cannot be read.
    """
    with Faceset.open(folder) as faceset:
        return faceset.meta.get(_PERSON, faceset.identity)


def noted_person(folder: Path) -> str | None:
    """Whom a faceset says it is of; None where it says nothing, or where there is none yet.

    Raises:
        FacesetError: it cannot be read.
    """
    if not is_faceset(folder):
        return None
    with Faceset.open(folder) as faceset:
        return faceset.meta.get(_PERSON)


def note_person(folder: Path, name: str) -> None:
    """Let a faceset say whose record goes with it, also where its identity is called otherwise.

    Raises:
        ConfigError: it says already that it is somebody else's.
        FacesetError: it cannot be read or written.
    """
    check_person(folder, name)
    with Faceset.open(folder) as faceset:
        if _PERSON not in faceset.meta:
            faceset.note(_PERSON, name)


def check_person(folder: Path, name: str) -> None:
    """Refuse a faceset that says it is somebody else's; one that says nothing is anybody's.

    Raises:
        ConfigError: it is another person's.
        FacesetError: it cannot be read.
    """
    with Faceset.open(folder) as faceset:
        noted = faceset.meta.get(_PERSON, name)
    if noted != name:
        raise ConfigError(f"{folder} holds faces of {noted}, not of {name}", f"say that it is {noted}")


def _records(people: Sequence[str], use: Use, consent: str | None) -> dict[str, tuple[IdentityRecord, bool]]:
    """Everybody's record, and whether it is new and not stored yet."""
    given = None if consent is None else parsed_consent(consent)
    found = {name: find_record(name) for name in people}
    lacking = [name for name, one in found.items() if one is None]
    if lacking and given is None:
        raise _lacking(lacking[0], use)
    if len(lacking) > 1:
        raise ConsentError(
            f"there is no record of {' and '.join(lacking)}, and one consent is given",
            "record each: understudy identity add NAME --consent FILE",
        )
    records = {name: one.record for name, one in found.items() if one is not None}
    for record in records.values():
        if record.state(date.today()) != "valid" or use not in record.uses:
            raise _refused(record, use)
    if given is not None and not lacking and not any(_says(record, given) for record in records.values()):
        name, record = next(iter(records.items()))
        raise ConsentError(
            f"another consent of {name} is on record: {_in_words(record.reference())}",
            f"leave out --consent, or record the new one: {_add(name, use)} --replace",
        )
    made = {name: new_record(name, given, uses=[use]) for name in lacking if given is not None}
    return {name: (records.get(name) or made[name], name in made) for name in people}


def _says(record: IdentityRecord, given: Given) -> bool:
    """Whether a record is of just this consent."""
    if (record.kind, record.why) != (given.kind, given.why):
        return False
    if given.file is None or record.evidence is None:
        return given.file is None
    return evidence_of(given.file).sha256 == record.evidence.sha256


def _lacking(name: str, use: Use) -> ConsentError:
    return ConsentError(
        f"there is no record that the {use} of {name} may be used",
        f"add --consent {WAYS} to this command, or: {_add(name, use)}",
    )


def _refused(record: IdentityRecord, use: Use) -> ConsentError:
    new = f"a new agreement is recorded with: {_add(record.name, *record.uses, use)} --replace"
    if record.revoked is not None:
        why = f" ({record.revoked.why})" if record.revoked.why else ""
        return ConsentError(f"{record.name} took back the consent on {record.revoked.on}{why}", new)
    if record.state(date.today()) == "expired":
        return ConsentError(f"the consent of {record.name} ended on {record.until}", new)
    return ConsentError(f"the consent of {record.name} is for {', '.join(record.uses)}, not for {use}", new)


def _add(name: str, *uses: Use) -> str:
    """How somebody's agreement to all of it is recorded."""
    chosen = list(dict.fromkeys(uses))
    options = "" if chosen == ["face"] else "".join(f" --for {use}" for use in chosen)
    return f"understudy identity add {shlex.quote(name)} --consent FILE{options}"


def _in_words(reference: ConsentReference) -> str:
    by = f" by {reference.granted_by}" if reference.granted_by else ""
    return (
        f"consent of {reference.identity}: {reference.kind}{by}, recorded {reference.recorded}, "
        f"sha256 {reference.sha256}"
    )
