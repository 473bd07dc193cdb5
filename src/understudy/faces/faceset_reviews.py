"""Decisions on which faces are kept: who said so, and how to take that back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from understudy.faces import faceset_decisions as decisions
from understudy.faces.faceset_decisions import StateChange
from understudy.faces.faceset_records import Review, State


def decide(db: sqlite3.Connection, face_ids: Iterable[int], state: State, reason: str, by: str) -> int:
    """Give faces a state, as one decision, inside the caller's transaction.

    Returns:
        How many faces changed; one that has the state and reason already is left alone.

    Raises:
        ValueError: a face that is not there.
    """
    changes = [
        StateChange(face_id=face_id, state=state, reason=reason) for face_id in dict.fromkeys(face_ids)
    ]
    return len(decisions.decide(db, changes, (), by))


def take_back(db: sqlite3.Connection, by: str) -> int:
    """Undo the last decision not yet undone, inside the caller's transaction; returns the faces changed."""
    return len(decisions.undo(db, by))


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
