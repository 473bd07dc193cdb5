"""Consent where models are trained and used: whose record goes with which of a model's identities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from understudy.core.events import OnEvent
from understudy.core.identity_record import FaceOf
from understudy.training.model_index import IdentityEntry, ModelIndex
from understudy.workflows.consent import Agreed, agreed, agreed_earlier, person_in
from understudy.workflows.convert_cast import Role
from understudy.workflows.identities import face_of


def entries_with_consent(
    entries: Sequence[IdentityEntry], facesets: Sequence[Path], consent: str | None, on_event: OnEvent
) -> tuple[list[IdentityEntry], list[str]]:
    """What a model's index says of its identities and their records, and what is to be warned of.

    The first, who is usually put in, must have one; each other has to when they are put in.

    Args:
        entries: of the identities.
        facesets: their folders, in the same order.
        consent: of the first; see `consent.agreed`.
        on_event: hears of what was written.

    Raises:
        ConsentError: the first has no record that allows it, or somebody took theirs back.
    """
    source, *others = map(person_in, facesets)
    references = [agreed_earlier(name, "face") for name in others]
    found = agreed({source: _face(entries[0])}, "face", consent, on_event)
    references = [found.references[source], *references]
    pairs = zip(entries, references, strict=True)
    return [entry.model_copy(update={"consent": reference}) for entry, reference in pairs], found.warnings


def agreed_for(
    roles: Sequence[Role],
    index: ModelIndex,
    consent: str | None,
    people: Mapping[str, str],
    on_event: OnEvent,
) -> Agreed:
    """The records of all who are put in.

    Args:
        roles: who is replaced by whom.
        index: of the model.
        consent: see `consent.agreed`.
        people: name of the record by identity, where the model does not say it.
        on_event: hears of what was written.

    Raises:
        ConsentError: somebody has none that allows it.
    """
    entries = {entry.name: entry for entry in index.identities}
    sources = [entries[name] for name in dict.fromkeys(role.source for role in roles)]
    return agreed({_person(entry, people): _face(entry) for entry in sources}, "face", consent, on_event)


def check_none_revoked(index: ModelIndex) -> None:
    """Raise ConsentError where somebody in a model took back what they had agreed to."""
    for entry in index.identities:
        agreed_earlier(_person(entry, {}), "face")


def _person(entry: IdentityEntry, people: Mapping[str, str]) -> str:
    return entry.consent.identity if entry.consent else people.get(entry.name, entry.name)


def _face(entry: IdentityEntry) -> FaceOf | None:
    if entry.mean_identity is None:
        return None
    try:
        return face_of(entry.mean_identity, entry.faceset_digest)
    except ValidationError:  # a model may come from anybody: numbers that are no face tell nobody apart
        return None
