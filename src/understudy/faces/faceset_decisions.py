"""What people decide about faces: each decision is one step that can be taken back, and done again."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from understudy.faces.faceset_place import place_of, write_place
from understudy.faces.faceset_records import State
from understudy.faces.faceset_schema import EDITED

What = Literal["person", "mask", "place", "faceset", "from"]

_REVIEW = (
    "INSERT INTO reviews (decision, undoes, face, at, by, from_state, from_reason, to_state, reason) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_EDIT = (
    "INSERT INTO edits (decision, undoes, face, at, by, what, before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """A face is kept or rejected.

    Args:
        face_id: the face.
        state: that it gets.
        reason: why, for people to read.
    """

    face_id: int
    state: State
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Something about a face is corrected.

    Args:
        face_id: the face.
        what: "person" (whom it shows: a name), "mask" (what hides it: a file name), "place" (where it is in
            its frame: see `faceset_place`), "faceset" (which other one it was moved to) or "from" (which it
            came from: see `faceset_moved`).
        value: what it is from now on, None for as it was extracted.
    """

    face_id: int
    what: What
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision as the history has it.

    Args:
        number: of the decision.
        undoes: the decision that it takes back, or None.
        at: when, UTC, ISO 8601.
        by: who or what decided.
        faces: how many faces it changed.
        what: "kept", "rejected", or the kind of an edit; of several the edit.
        value: the reason or the new value of one of the faces.
    """

    number: int
    undoes: int | None
    at: str
    by: str
    faces: int
    what: str
    value: str


def has_edits(db: sqlite3.Connection) -> bool:
    """Whether anything but states was ever changed."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'edited'").fetchone() is not None


def decide(
    db: sqlite3.Connection,
    states: Sequence[StateChange],
    edits: Sequence[Edit],
    by: str,
    undoes: int | None = None,
) -> list[int]:
    """Write a decision inside the caller's transaction.

    Returns:
        Ids of the faces that changed; what is so already is left alone.

    Raises:
        ValueError: a face that is not there.
    """
    if edits:
        for statement in EDITED:
            db.execute(statement)
    decision = _last(db) + 1
    head = (decision, undoes)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    changed = [one.face_id for one in states if _set_state(db, one, head, at, by)]
    changed += [one.face_id for one in edits if _set_edit(db, one, head, at, by)]
    return list(dict.fromkeys(changed))


def undo(db: sqlite3.Connection, by: str, only_by: str | None = None) -> list[int]:
    """Take back the last decision that stands, inside the caller's transaction; returns the faces changed.

    Args:
        db: of the faceset.
        by: who takes it back.
        only_by: whose decisions count, everybody's where None.
    """
    done, _ = _stacks(db, only_by)
    return _revert(db, done[-1], by) if done else []


def redo(db: sqlite3.Connection, by: str, only_by: str | None = None) -> list[int]:
    """Do again what was last taken back, unless something else was decided since; as `undo`."""
    _, undone = _stacks(db, only_by)
    return _revert(db, undone[-1], by) if undone else []


def steps(db: sqlite3.Connection, only_by: str | None = None) -> tuple[int, int]:
    """How many decisions can be taken back, and how many of those taken back done again."""
    done, undone = _stacks(db, only_by)
    return len(done), len(undone)


def decisions(db: sqlite3.Connection, most: int) -> list[Decision]:
    """The last decisions, the newest first."""
    rows = db.execute(
        "SELECT decision, max(undoes), max(at), max(by), count(*), max(to_state), max(reason) FROM reviews "
        "GROUP BY decision ORDER BY decision DESC LIMIT ?",
        (most,),
    ).fetchall()
    found = {row[0]: _decision(row) for row in rows}
    if has_edits(db):
        rows = db.execute(
            "SELECT decision, max(undoes), max(at), max(by), count(*), max(what), coalesce(max(after), '') "
            "FROM edits GROUP BY decision ORDER BY decision DESC LIMIT ?",
            (most,),
        ).fetchall()
        found |= {row[0]: _decision(row) for row in rows}
    return [found[number] for number in sorted(found, reverse=True)[:most]]


def _decision(row: sqlite3.Row) -> Decision:
    number, undoes, at, by, faces, what, value = row
    return Decision(
        number=number, undoes=undoes, at=str(at), by=str(by), faces=faces, what=str(what), value=str(value)
    )


def _last(db: sqlite3.Connection) -> int:
    last = db.execute("SELECT coalesce(max(decision), 0) FROM reviews").fetchone()[0]
    if has_edits(db):
        last = max(last, db.execute("SELECT coalesce(max(decision), 0) FROM edits").fetchone()[0])
    return last


def _stacks(db: sqlite3.Connection, only_by: str | None) -> tuple[list[int], list[int]]:
    """Decisions that stand, and those that take back one and stand themselves, each the latest last."""
    kinds = ("reviews", "edits") if has_edits(db) else ("reviews",)
    rows: set[tuple[int, int | None]] = set()
    for table in kinds:
        query = f"SELECT DISTINCT decision, undoes FROM {table} WHERE ?1 IS NULL OR by = ?1"
        rows |= {(row[0], row[1]) for row in db.execute(query, (only_by,))}
    done: list[int] = []
    undone: list[int] = []
    for number, undoes in sorted(rows):
        if undoes is None:
            done.append(number)
            undone.clear()
        elif undoes in done:
            done.remove(undoes)
            undone.append(number)
        elif undoes in undone:
            undone.remove(undoes)
            done.append(number)
    return done, undone


def _revert(db: sqlite3.Connection, decision: int, by: str) -> list[int]:
    rows = db.execute("SELECT face, from_state, from_reason FROM reviews WHERE decision = ?", (decision,))
    states = [StateChange(face_id=row[0], state=row[1], reason=row[2]) for row in rows.fetchall()]
    edits: list[Edit] = []
    if has_edits(db):
        rows = db.execute("SELECT face, what, before FROM edits WHERE decision = ?", (decision,))
        edits = [Edit(face_id=row[0], what=row[1], value=row[2]) for row in rows.fetchall()]
    return decide(db, states, edits, by, decision)


def _set_state(
    db: sqlite3.Connection, change: StateChange, head: tuple[int, int | None], at: str, by: str
) -> bool:
    row = db.execute("SELECT state, reason FROM faces WHERE id = ?", (change.face_id,)).fetchone()
    if row is None:
        raise ValueError(f"the faceset has no face {change.face_id}")
    before, after = (row[0], row[1]), (change.state, change.reason)
    # what is taken back is noted even where it changes nothing: it would be taken back for ever
    if before == after and head[1] is None:
        return False
    db.execute(_REVIEW, (*head, change.face_id, at, by, *before, *after))
    db.execute("UPDATE faces SET state = ?, reason = ? WHERE id = ?", (*after, change.face_id))
    return before != after


def _set_edit(db: sqlite3.Connection, edit: Edit, head: tuple[int, int | None], at: str, by: str) -> bool:
    if db.execute("SELECT 1 FROM faces WHERE id = ?", (edit.face_id,)).fetchone() is None:
        raise ValueError(f"the faceset has no face {edit.face_id}")
    key = (edit.face_id, edit.what)
    row = db.execute("SELECT value FROM edited WHERE face = ? AND what = ?", key).fetchone()
    before = None if row is None else row[0]
    if edit.what == "place":
        before = place_of(db, edit.face_id)
    if before == edit.value and head[1] is None:
        return False
    db.execute(_EDIT, (*head, edit.face_id, at, by, edit.what, before, edit.value))
    if edit.value is None:
        db.execute("DELETE FROM edited WHERE face = ? AND what = ?", key)
    elif edit.what == "place":
        write_place(db, edit.face_id, edit.value)
    else:
        db.execute("INSERT OR REPLACE INTO edited VALUES (?, ?, ?)", (*key, edit.value))
    return before != edit.value
