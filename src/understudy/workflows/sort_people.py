"""What extraction does with the people it has found: name them, keep one or all, draw who is who."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from understudy.core.errors import FacesetError
from understudy.core.events import OnEvent, Written
from understudy.core.types import Vector
from understudy.faces.faceset import Faceset
from understudy.faces.identify import SAME_PERSON_DISTANCE
from understudy.faces.stored_crop import read_upright
from understudy.media.images import write_image
from understudy.report.people_sheet import FACES_A_ROW, SheetRow, people_sheet
from understudy.workflows.configs import ExtractConfig, Person
from understudy.workflows.extract_people import (
    FoundPeople,
    FoundPerson,
    find_people,
    keep_person,
    varied_faces,
)
from understudy.workflows.reference import match
from understudy.workflows.split_people import split_people

SHEET = "people.jpg"
_OTHERS = "others"
_SHOWN_PX = 256  # side of a face before the sheet takes its middle
_MOST_ROWS = 24


def sort_people(
    faceset: Faceset,
    config: ExtractConfig,
    reference: Vector | None,
    warn: Callable[[str], None],
    on_event: OnEvent,
) -> list[Person]:
    """Keep one person's faces, and give each their own faceset if asked for.

    Args:
        faceset: with all faces of everybody.
        config: what was asked for.
        reference: (n, 128) identity vectors of the person to keep; the one seen most where None.
        warn: told what the user should know.
        on_event: told of the sheet and of progress.

    Returns:
        The people, first the one whose faces are kept, then by size; last those too rarely seen.

    Raises:
        FacesetError: nobody looks like the reference; then no face is kept.
    """
    # who is asked for may be seen rarely
    found = find_people(faceset, also_rare=reference is not None)
    found.others.name = _OTHERS
    for number, person in enumerate(found.people, 1):
        person.name = f"person_{number}"
    kept = found.people[0] if found.people else None
    if reference is not None and found.people:
        kept = _recognised(faceset, config, reference, found, warn)
    if kept is not None and config.people != "all":
        kept.name = faceset.identity
    keep_person(faceset, found, kept)
    if len(found.people) > 1 or (found.people and reference is not None):
        _draw_sheet(faceset, found, on_event)
    if found.people and kept is None:
        raise FacesetError(
            f"nobody in the footage looks like the one in {config.only}",
            f"see {faceset.folder / SHEET} for who was found, and give a clear picture from the front",
        )
    paths: dict[str, Path] = {}
    if config.people == "all":
        paths = split_people(faceset, found, on_event)
    elif kept is not None:
        paths = {kept.name: faceset.folder}
        _tell_of_others(found, kept, reference is not None, warn)
    order = sorted(found.people, key=lambda person: person is not kept)
    people = [Person(name=p.name, faces=len(p.faces), path=paths.get(p.name)) for p in order]
    rare = [Person(name=_OTHERS, faces=len(found.others.faces), path=None)] if found.others.faces else []
    return people + rare


def _recognised(
    faceset: Faceset,
    config: ExtractConfig,
    reference: Vector,
    found: FoundPeople,
    warn: Callable[[str], None],
) -> FoundPerson | None:
    """The one of the people that the reference shows."""
    who = match(reference, found.people)
    if who is not None and not who.is_sure:
        warn(
            f"it is not sure that {config.only} shows the person kept (distance {who.distance:.2f}, "
            f"{SAME_PERSON_DISTANCE} is too far, and others may be as near): look at {faceset.folder / SHEET}"
        )
    return who.person if who is not None else None


def _tell_of_others(
    found: FoundPeople, kept: FoundPerson, was_asked_for: bool, warn: Callable[[str], None]
) -> None:
    if len(found.people) > 1 and not was_asked_for:
        warn(
            f"{len(found.people)} people were seen; kept the one with most faces ({len(kept.faces)}), the "
            "others are in the faceset as rejected: --only PICTURE keeps another, --people all keeps each"
        )


def _draw_sheet(faceset: Faceset, found: FoundPeople, on_event: OnEvent) -> None:
    """Write the picture that says who is who, those seen most."""
    rows = [
        SheetRow(
            name=person.name,
            note=f"{len(person.faces)} faces",
            faces=[
                read_upright(face, _SHOWN_PX)
                for face in faceset.faces_by_id([seen.id for seen in varied_faces(person, FACES_A_ROW)])
            ],
        )
        for person in found.people[:_MOST_ROWS]
    ]
    write_image(faceset.folder / SHEET, people_sheet(rows))
    on_event(Written(path=faceset.folder / SHEET, what="who is who"))
