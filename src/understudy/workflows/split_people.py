"""A faceset of their own for each person that an extraction has found, below its folder.

The faceset of the extraction keeps everything, so nothing can be lost on the way: each person's faceset
is made aside and renamed when it is whole, and one that is there already is left alone or, where other
people were found since, made anew.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import groupby
from pathlib import Path

from understudy.core.errors import FacesetError, UnderstudyError
from understudy.core.events import OnEvent, Progress
from understudy.core.files import next_step_for, sync_folder
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_crops import read_crop
from understudy.faces.faceset_records import FaceRecord, StoredFace
from understudy.faces.faceset_schema import DATABASE
from understudy.workflows.extract_people import ANOTHER_PERSON, FoundPeople, FoundPerson, reviewed_faces

PAGE = 256  # faces of one transaction
_ASIDE, _OLD = ".part", ".old"  # ends of the names of folders on their way in and out
_CONTENT, _MADE = "split_content", "split_made"  # keys: digests of what it was made of, and of what was made


def split_people(faceset: Faceset, found: FoundPeople, on_event: OnEvent) -> dict[str, Path]:
    """Give each of the people a faceset of their own; the same call ends with the same facesets.

    Args:
        faceset: of the extraction, finished.
        found: who is in it; the names are those of the folders.
        on_event: told how far it is.

    Returns:
        Name to folder.

    Raises:
        UnderstudyError: a folder cannot be written to, or holds a faceset that this did not make.
    """
    reviewed = reviewed_faces(faceset)
    folders = {person.name: faceset.folder / person.name for person in found.people}
    contents = _contents(faceset, found, reviewed)
    gone = [path for path in faceset.folder.glob("person_*") if path.name not in folders and _is_split(path)]
    # all are looked at before one is written
    stale = [name for name, folder in folders.items() if not _is_current(folder, contents[name])]
    for path in gone:
        _is_current(path, "")
    for path in (path for kind in (_ASIDE, _OLD) for path in faceset.folder.glob(f".person_*{kind}")):
        _remove(path)
    for path in gone:
        _remove(path.rename(path.with_name(f".{path.name}{_OLD}")))
    for person in found.people:
        if person.name in stale:
            _make(faceset, person, reviewed, contents[person.name], on_event)
    return folders


def _is_current(folder: Path, content: str) -> bool:
    """Whether a folder holds the faceset that would be made; False where it may be made.

    Raises:
        FacesetError: it holds another one, with work in it that would be lost.
    """
    if not (folder / DATABASE).exists():
        if folder.exists():
            raise FacesetError(f"{folder} is there and is no faceset", "move it away")
        return False
    with Faceset.open(folder) as there:
        if there.meta.get(_CONTENT) == content:
            return True
        if there.meta.get(_MADE) != there.digest():
            raise FacesetError(
                f"{folder} was changed since it was made, and now other faces belong to that person",
                "move it away, and run the same command again",
            )
    return False


def _make(faceset: Faceset, person: FoundPerson, reviewed: set[int], content: str, on_event: OnEvent) -> None:
    folder = faceset.folder / person.name
    aside, old = (faceset.folder / f".{person.name}{kind}" for kind in (_ASIDE, _OLD))
    try:
        with Faceset.create(aside, person.name) as made:
            _fill(made, faceset, person, reviewed, on_event)
            made.note(_CONTENT, content)
            made.note(_MADE, made.digest())
        if folder.exists():
            folder.rename(old)
        aside.rename(folder)
        sync_folder(faceset.folder)
    except OSError as error:
        raise UnderstudyError(f"cannot make {folder} ({error.strerror})", next_step_for(error)) from error
    if old.exists():
        _remove(old)


def _is_split(folder: Path) -> bool:
    """Whether it is a faceset that was made here, of a person that is now part of another one."""
    if not (folder / DATABASE).exists():
        return False
    with Faceset.open(folder) as there:
        return _CONTENT in there.meta


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise UnderstudyError(f"cannot remove {folder} ({error.strerror})", next_step_for(error)) from error


def _fill(
    made: Faceset, faceset: Faceset, person: FoundPerson, reviewed: set[int], on_event: OnEvent
) -> None:
    sources = {source.state.id: source for source in faceset.sources()}
    total, done = _count(faceset, person), 0
    for source_id, faces in groupby(_faces(faceset, person), key=lambda stored: stored.source_id):
        source = sources[source_id]
        new_id = made.begin_source(source.record).id
        page: list[FaceRecord] = []
        for stored in faces:
            # nobody is twice in a frame, so a page never ends inside one
            page.append(_record(stored, reviewed, source.record.time_base))
            done += 1
            if len(page) == PAGE:
                made.append(new_id, page, stored.frame_index + 1)
                page = []
                on_event(Progress(stage=f"store {person.name}", done=done, total=total, unit="faces"))
        frames = source.state.next_frame
        made.append(new_id, page, frames)
        made.finish_source(new_id, frames)
        for key, mean in zip(person.tracks, person.means, strict=True):
            if key[0] == source_id:
                made.set_track_person(new_id, key[1], person.name, mean)
    on_event(Progress(stage=f"store {person.name}", done=done, total=total, unit="faces"))


def _faces(faceset: Faceset, person: FoundPerson) -> Iterator[StoredFace]:
    tracks = set(person.tracks)
    return (stored for stored in faceset.faces(None) if (stored.source_id, stored.track) in tracks)


def _count(faceset: Faceset, person: FoundPerson) -> int:
    tracks = set(person.tracks)
    return sum(t.faces for t in faceset.tracks() if (t.source_id, t.number) in tracks)


def _state(stored: StoredFace, reviewed: set[int]) -> StoredFace:
    """The face as it is among this person's: theirs are not another person's."""
    if stored.id in reviewed or stored.reason != ANOTHER_PERSON:
        return stored
    return replace(stored, state="kept", reason="")


def _record(stored: StoredFace, reviewed: set[int], time_base: Fraction) -> FaceRecord:
    stored = _state(stored, reviewed)
    return FaceRecord(
        face=stored.face,
        frame_index=stored.frame_index,
        pts=stored.pts,
        time_base=time_base,
        crop_jpeg=read_crop(stored.crop_path),
        crop_path=stored.crop_path,
        crop_size_px=stored.crop_size_px,
        crop_from_frame=stored.crop_from_frame,
        state=stored.state,
        reason=stored.reason,
    )


def _contents(faceset: Faceset, found: FoundPeople, reviewed: set[int]) -> dict[str, str]:
    """Name to 64 hex digits over which faces the person has, and which of them are kept."""
    digests = {source.state.id: source.record.sha256 for source in faceset.sources()}
    names = {key: person.name for person in found.people for key in person.tracks}
    shas = {person.name: hashlib.sha256(person.name.encode()) for person in found.people}
    for stored in faceset.faces(None):
        name = names.get((stored.source_id, stored.track))
        if name is not None:
            stored = _state(stored, reviewed)
            row = [digests[stored.source_id], stored.frame_index, stored.track, stored.state, stored.reason]
            shas[name].update(json.dumps(row).encode())
    return {name: sha.hexdigest() for name, sha in shas.items()}
