"""Decisions on faces: which are kept, who said so, and how to take that back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime

from understudy.faces.faceset_records import Review, State

_INSERT = (
    "INSERT INTO reviews (decision, undoes, face, at, by, from_state, from_reason, to_state, reason) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def decide(db: sqlite3.Connection, face_ids: Iterable[int], state: State, reason: str, by: str) -> int:
    """Give faces a state, as one decision, inside the caller's transaction.

    Returns:
        How many faces changed; one that has the state and reason already is left alone.

    Raises:
        ValueError: a face that is not there.
    """
    changes: list[tuple[int, State, str]] = []
    for face_id in dict.fromkeys(face_ids):
        row = db.execute("SELECT state, reason FROM faces WHERE id = ?", (face_id,)).fetchone()
        if row is None:
            raise ValueError(f"the faceset has no face {face_id}")
        if (row["state"], row["reason"]) != (state, reason):
            changes.append((face_id, state, reason))
    _apply(db, changes, by, None)
    return len(changes)


def take_back(db: sqlite3.Connection, by: str) -> int:
    """Undo the last decision not yet undone, inside the caller's transaction; returns the faces changed."""
    last = db.execute(
        "SELECT max(decision) FROM reviews WHERE undoes IS NULL "
        "AND decision NOT IN (SELECT undoes FROM reviews WHERE undoes IS NOT NULL)"
    ).fetchone()[0]
    if last is None:
        return 0
    rows = db.execute("SELECT face, from_state, from_reason FROM reviews WHERE decision = ?", (last,))
    changes = [(row["face"], row["from_state"], row["from_reason"]) for row in rows.fetchall()]
    _apply(db, changes, by, last)
    return len(changes)


def history(db: sqlite3.Connection) -> list[Review]:
    """All changes of state, oldest first."""
    return [
        Review(
            decision=row["decision"],
            undoes=row["undoes"],
            face_id=row["face"],
            at=datetime.fromisoformat(row["at"]),
            by=row["by"],
            from_state=row["from_state"],
            to_state=row["to_state"],
            reason=row["reason"],
        )
        for row in db.execute("SELECT * FROM reviews ORDER BY id")
    ]


def _apply(
    db: sqlite3.Connection, changes: list[tuple[int, State, str]], by: str, undoes: int | None
) -> None:
    decision = db.execute("SELECT coalesce(max(decision), 0) + 1 FROM reviews").fetchone()[0]
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    for face_id, state, reason in changes:
        before = db.execute("SELECT state, reason FROM faces WHERE id = ?", (face_id,)).fetchone()
        row = (decision, undoes, face_id, at, by, before["state"], before["reason"], state, reason)
        db.execute(_INSERT, row)
        db.execute("UPDATE faces SET state = ?, reason = ? WHERE id = ?", (state, reason, face_id))
