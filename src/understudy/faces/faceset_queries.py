"""The statements that read a faceset."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from understudy.core.types import Points, Vector
from understudy.faces.faceset_decisions import has_edits
from understudy.faces.faceset_records import State, StoredFace, StoredSource, StoredTrack
from understudy.faces.faceset_rows import (
    face_from_row,
    floats_from_blob,
    plain_name,
    source_from_row,
    track_from_row,
)
from understudy.faces.faceset_schema import CROPS, MASKS

SELECT_SOURCES = (
    "SELECT *, (SELECT coalesce(max(number) + 1, 0) FROM tracks WHERE tracks.source = sources.id) "
    "AS next_track FROM sources "
)
# one order everywhere, so that what comes from different methods belongs together row by row
_BY_FRAME = "ORDER BY faces.source, frame_index, number"


def meta(db: sqlite3.Connection) -> dict[str, str]:
    """What is noted of the faceset as a whole: "identity", "format", "created_by"."""
    found: dict[str, str] = {row["key"]: row["value"] for row in db.execute("SELECT key, value FROM meta")}
    if "identity" not in found:
        raise sqlite3.DatabaseError("it does not say whose faces it holds")
    return found


def sources(db: sqlite3.Connection) -> list[StoredSource]:
    """All sources, in the order they were begun."""
    return [source_from_row(row) for row in db.execute(SELECT_SOURCES + "ORDER BY id")]


def count(db: sqlite3.Connection, state: State | None) -> int:
    """Number of faces in a state, or of all."""
    return db.execute("SELECT count(*) FROM faces WHERE ?1 IS NULL OR state = ?1", (state,)).fetchone()[0]


def face_ids(db: sqlite3.Connection, state: State | None) -> list[int]:
    """Ids of the faces in a state, or of all, by source, frame and track."""
    rows = db.execute(
        "SELECT faces.id FROM faces JOIN tracks ON tracks.id = faces.track "
        f"WHERE ?1 IS NULL OR state = ?1 {_BY_FRAME}",
        (state,),
    )
    return [row["id"] for row in rows]


def faces_by_id(db: sqlite3.Connection, ids: list[int], folder: Path) -> list[StoredFace]:
    """Some faces of a faceset's folder with all that belongs to them, by source, frame and track."""
    drawn = {face: folder / MASKS / plain_name(name) for face, name in masks(db, ids).items()}
    marks = ", ".join("?" * len(ids))
    quality: dict[int, dict[str, float]] = {face_id: {} for face_id in ids}
    for row in db.execute(f"SELECT * FROM quality WHERE face IN ({marks})", ids):
        quality[row["face"]][row["name"]] = row["value"]
    rows = db.execute(
        "SELECT faces.*, tracks.number, landmarks.mesh, landmarks.iris, identities.vector FROM faces "
        "JOIN tracks ON tracks.id = faces.track JOIN landmarks ON landmarks.face = faces.id "
        "LEFT JOIN identities ON identities.face = faces.id "
        f"WHERE faces.id IN ({marks}) {_BY_FRAME}",
        ids,
    )
    return [face_from_row(row, quality[row["id"]], folder / CROPS, drawn.get(row["id"])) for row in rows]


def masks(db: sqlite3.Connection, ids: Sequence[int] | None = None) -> dict[int, str]:
    """Names of the drawn masks of some faces, or of all, by face."""
    if not has_edits(db):
        return {}
    some = "" if ids is None else f" AND face IN ({', '.join('?' * len(ids))})"
    rows = db.execute(f"SELECT face, value FROM edited WHERE what = 'mask'{some}", list(ids or ()))
    return {row["face"]: row["value"] for row in rows}


def reasons(db: sqlite3.Connection) -> dict[str, int]:
    """How many faces are rejected for each reason, the commonest first; "" where none was given."""
    rows = db.execute(
        "SELECT reason, count(*) AS faces FROM faces WHERE state = 'rejected' GROUP BY reason "
        "ORDER BY faces DESC, reason"
    )
    return {row["reason"]: row["faces"] for row in rows}


def tracks(db: sqlite3.Connection) -> list[StoredTrack]:
    """All tracks, by source and number."""
    rows = db.execute(
        "SELECT tracks.*, count(faces.id) AS faces FROM tracks "
        "LEFT JOIN faces ON faces.track = tracks.id GROUP BY tracks.id ORDER BY tracks.source, number"
    )
    return [track_from_row(row) for row in rows]


def kept_landmarks(db: sqlite3.Connection) -> Points:
    """(n, 468, 3) float32, the kept faces' landmarks by source, frame and track."""
    rows = db.execute(
        "SELECT mesh FROM landmarks JOIN faces ON faces.id = landmarks.face "
        f"JOIN tracks ON tracks.id = faces.track WHERE state = 'kept' {_BY_FRAME}"
    )
    return floats_from_blob(b"".join(row["mesh"] for row in rows), -1, 468, 3)


def kept_mean_identity(db: sqlite3.Connection) -> Vector | None:
    """(128,) float32, plain mean of the kept faces' vectors, or None where there are none."""
    total, n = np.zeros(128), 0
    for row in db.execute(
        "SELECT vector FROM identities JOIN faces ON faces.id = identities.face WHERE state = 'kept'"
    ):
        total += floats_from_blob(row["vector"], 128)
        n += 1
    return (total / n).astype(np.float32) if n else None


def kept_digest(db: sqlite3.Connection, identity: str) -> str:
    """64 hex digits over the identity's name, the kept faces and what hides them; no ids, paths or times."""
    sha = hashlib.sha256(json.dumps(["understudy faceset", identity]).encode())
    drawn = masks(db)
    for row in db.execute(
        "SELECT sources.sha256, frame_index, number, square_x_px, square_y_px, square_side_px, "
        "square_roll_rad, crop_sha256, faces.id FROM faces JOIN tracks ON tracks.id = faces.track "
        "JOIN sources ON sources.id = faces.source WHERE state = 'kept' "
        "ORDER BY sources.sha256, frame_index, number"
    ):
        *said, face = row
        if face in drawn:
            said.append(drawn[face].rpartition("_")[2])  # which says what it holds, without the face's id
        sha.update(json.dumps(said).encode())
    return sha.hexdigest()


def damage(db: sqlite3.Connection, crops: Path) -> list[str]:
    """What SQLite finds wrong, and the crops that are missing, a line each."""
    found: list[str] = [row[0] for row in db.execute("PRAGMA quick_check")]
    names: list[str] = [row["crop"] for row in db.execute("SELECT crop FROM faces")]
    missing = [
        f"{crops.name}/{name} is missing" for name in names if not (crops / plain_name(name)).is_file()
    ]
    return [line for line in found if line != "ok"] + missing
