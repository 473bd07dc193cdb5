"""Faces that were moved from one faceset to another.

Two databases have no common transaction, so one of them decides: a face has left once the faceset that it
is from says so, in `edited` and `edits`. The other one follows, and notes up to which decision it has. What a
kill leaves undone in between is caught up with by asking again, and asking twice changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from understudy.core.bounded import parse_json, read_bounded
from understudy.core.errors import FacesetError
from understudy.core.files import write_atomically
from understudy.faces.drawn_mask import LARGEST_MASK_BYTES
from understudy.faces.faceset_crops import read_crop, write_crops
from understudy.faces.faceset_decisions import Edit, StateChange, decide, has_edits
from understudy.faces.faceset_queries import SELECT_SOURCES
from understudy.faces.faceset_records import FaceRecord, SourceRecord, State, StoredFace
from understudy.faces.faceset_rows import source_from_row
from understudy.faces.faceset_schema import CROPS, MASKS
from understudy.faces.faceset_writes import insert_faces, update_track, upsert_source

MOVED_TO, MOVED_BACK_TO = "moved to ", "moved back to "  # and a name: why a face is not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What was last decided about a face and one other faceset.

    Args:
        face_id: in the faceset that it is from.
        decision: number of the decision there.
        is_there: whether it was moved; else it was taken back.
        state: that it had before, and has where it is moved to.
        reason: likewise.
    """

    face_id: int
    decision: int
    is_there: bool
    state: State
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A move, and what it moves.

    Args:
        move: the decision.
        stored: the face as the other faceset has it.
        source: the footage that it is from.
    """

    move: Move
    stored: StoredFace
    source: SourceRecord


def targets(db: sqlite3.Connection) -> set[str]:
    """Which facesets faces were ever moved to: paths from the own folder."""
    if not has_edits(db):
        return set()
    rows = db.execute("SELECT DISTINCT before, after FROM edits WHERE what = 'faceset'")
    return {str(path) for row in rows for path in row if path is not None}


def moves(db: sqlite3.Connection, target: str, followed: Mapping[int, int]) -> list[Move]:
    """What was decided about another faceset, but for what it has followed already.

    Args:
        db: of the faceset that faces are from.
        target: path of the other one from the own folder.
        followed: see `followed`.
    """
    rows = db.execute(
        "SELECT edits.face, max(edits.decision) AS decision, after, from_state, from_reason FROM edits "
        "LEFT JOIN reviews ON reviews.decision = edits.decision AND reviews.face = edits.face "
        "WHERE what = 'faceset' AND ?1 IN (before, after) GROUP BY edits.face",
        (target,),
    )
    return [
        Move(
            face_id=row["face"],
            decision=row["decision"],
            is_there=row["after"] == target,
            state="rejected" if row["from_state"] == "rejected" else "kept",
            reason=row["from_reason"] or "",
        )
        for row in rows
        if row["decision"] > followed.get(row["face"], 0)
    ]


def followed(db: sqlite3.Connection, home: str) -> dict[int, int]:
    """Which faces of another faceset are here, by their ids there, and up to which decision it was followed.

    Args:
        db: of the faceset that faces are moved to.
        home: path of the other one from the own folder.
    """
    return {face: decision for face, (_, decision) in _arrived(db, home).items()}


def check_target(db: sqlite3.Connection, folder: Path, sources: Sequence[str]) -> None:
    """Refuse to move faces to where their footage is still searched; raises FacesetError."""
    for sha256 in sources:
        row = db.execute(SELECT_SOURCES + "WHERE sha256 = ?", (sha256,)).fetchone()
        if row is not None and row["next_frame"] and not row["done"]:
            raise FacesetError(
                f"{folder.name} does not hold all faces of {Path(row['path']).name} yet",
                "finish that extraction first",
            )


def take_in(
    db: sqlite3.Connection,
    folder: Path,
    own: str,
    home: tuple[str, str],
    arrivals: Sequence[Arrival],
    by: str,
) -> None:
    """Follow what another faceset has decided, inside the caller's transaction.

    Args:
        db: of the faceset that faces are moved to.
        folder: of it.
        own: whom it shows.
        home: path of the other one from the own folder, and what it is called.
        arrivals: a few hundred at most.
        by: who does it, in the history.

    Raises:
        FacesetError: a crop cannot be written.
        UnderstudyError: a crop cannot be read, or a mask not be written.
    """
    path, name = home
    known = _arrived(db, path)
    arrivals = [one for one in arrivals if one.move.decision > known.get(one.move.face_id, (0, 0))[1]]
    here = {one.move.face_id: face for one in arrivals if (face := _here(db, one, known)) is not None}
    new = [one for one in arrivals if one.move.face_id not in here and one.move.is_there]
    states: list[StateChange] = []
    edits: list[Edit] = []
    for face, move in [(here[one.move.face_id], one.move) for one in arrivals if one.move.face_id in here]:
        if not move.is_there:
            states.append(StateChange(face_id=face, state="rejected", reason=f"{MOVED_BACK_TO}{name}"))
            continue
        states.append(StateChange(face_id=face, state=move.state, reason=move.reason))
        edits.append(Edit(face_id=face, what="person", value=own))
        edits.append(Edit(face_id=face, what="faceset", value=None))  # it may have left here before
    for sha256 in dict.fromkeys(one.source.sha256 for one in new):
        here |= _insert(db, folder, own, [one for one in new if one.source.sha256 == sha256])
    for one in new:
        if (mask := _copied_mask(folder, one.stored)) is not None:
            edits.append(Edit(face_id=here[one.move.face_id], what="mask", value=mask))
    for move in (one.move for one in arrivals if one.move.face_id in here):
        face = here[move.face_id]
        said = _said(db, face) | {path: [move.face_id, move.decision]}
        edits.append(Edit(face_id=face, what="from", value=json.dumps(said)))
    decide(db, states, edits, by)


def _arrived(db: sqlite3.Connection, home: str) -> dict[int, tuple[int, int]]:
    """Id there, of faces of another faceset, to id here and the decision that was followed last."""
    found: dict[int, tuple[int, int]] = {}
    if has_edits(db):
        for row in db.execute("SELECT face FROM edited WHERE what = 'from'").fetchall():
            said = _said(db, row["face"])
            if home in said:
                face, decision = said[home]
                found[face] = (row["face"], decision)
    return found


def _said(db: sqlite3.Connection, face: int) -> dict[str, list[int]]:
    """Where a face came from: by the path of a faceset its id there, and the decision that was followed."""
    row = None
    if has_edits(db):
        query = "SELECT value FROM edited WHERE face = ? AND what = 'from'"
        row = db.execute(query, (face,)).fetchone()
    said: object = {} if row is None else parse_json(row["value"])
    try:
        homes = dict(cast("dict[str, list[int]]", said))
        if any(list(map(type, pair)) != [int, int] for pair in homes.values()):
            raise TypeError
    except TypeError as error:
        raise ValueError("where a face came from is not what it should be") from error
    return homes


def _here(db: sqlite3.Connection, one: Arrival, known: Mapping[int, tuple[int, int]]) -> int | None:
    """The face here that an arrival is: it came before, or both facesets hold it since they were made."""
    if one.move.face_id in known:
        return known[one.move.face_id][0]
    if not one.move.is_there:  # never came: what is here is no matter of the other one
        return None
    row = db.execute(
        "SELECT faces.id FROM faces JOIN sources ON sources.id = faces.source "
        "WHERE sha256 = ? AND frame_index = ? AND crop_sha256 = ?",
        (one.source.sha256, one.stored.frame_index, _digest(read_crop(one.stored.crop_path))),
    ).fetchone()
    return None if row is None else row["id"]


def _insert(db: sqlite3.Connection, folder: Path, own: str, arrivals: Sequence[Arrival]) -> dict[int, int]:
    """Add faces of one piece of footage; gives their ids here by those there."""
    source = arrivals[0].source
    row = db.execute(SELECT_SOURCES + "WHERE sha256 = ?", (source.sha256,)).fetchone()
    state = source_from_row(row).state if row is not None else upsert_source(db, replace(source, frames=None))
    there = list(dict.fromkeys(one.stored.track for one in arrivals))
    numbers = {number: state.next_track + i for i, number in enumerate(there)}
    records = [_record(one, numbers[one.stored.track]) for one in arrivals]
    write_crops(folder / CROPS, state.id, records)
    ids = insert_faces(db, state.id, records)
    for number in numbers.values():
        update_track(db, state.id, number, own, None)
    return {one.move.face_id: face for one, face in zip(arrivals, ids, strict=True)}


def _record(one: Arrival, track: int) -> FaceRecord:
    stored = one.stored
    crop = read_crop(stored.crop_path)
    return FaceRecord(
        face=replace(stored.face, track=track),
        frame_index=stored.frame_index,
        pts=stored.pts,
        time_base=one.source.time_base,
        crop_jpeg=crop,
        crop_size_px=stored.crop_size_px,
        crop_from_frame=stored.crop_from_frame,
        state=one.move.state,
        reason=one.move.reason,
        crop_path=stored.crop_path,
        crop_suffix=f"_m{_digest(crop)[:8]}",
    )


def _copied_mask(folder: Path, stored: StoredFace) -> str | None:
    """Copy what was drawn over a face into another faceset's folder; gives the file's name."""
    if stored.mask_path is None:
        return None
    try:
        data = read_bounded(stored.mask_path, LARGEST_MASK_BYTES, follow=False)
    except OSError:  # lost: a face without its mask is better than none
        return None
    write_atomically(folder / MASKS / stored.mask_path.name, data)
    return stored.mask_path.name


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
