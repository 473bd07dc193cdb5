"""The statements that put sources and faces into a faceset; all run inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from understudy.core.types import Vector
from understudy.faces.faceset_crops import crop_name
from understudy.faces.faceset_queries import SELECT_SOURCES
from understudy.faces.faceset_records import FaceRecord, SourceRecord, SourceState
from understudy.faces.faceset_rows import (
    FACE_COLUMNS,
    blob_from_floats,
    row_from_record,
    source_from_row,
    text_from_fraction,
)

_INSERT_FACE = (
    f"INSERT INTO faces (id, {', '.join(FACE_COLUMNS)}) VALUES ({', '.join('?' * (1 + len(FACE_COLUMNS)))})"
)


def upsert_source(db: sqlite3.Connection, record: SourceRecord) -> SourceState:
    """Add a source, or find the one with this content and note where it lies now."""
    # a file name may hold bytes that are no text; the path here is for people to read
    path = str(record.path).encode("utf-8", "replace").decode()
    rate = None if record.rate is None else text_from_fraction(record.rate)
    values = (path, record.sha256, rate, text_from_fraction(record.time_base))
    values += (record.width_px, record.height_px, record.frames)
    db.execute(
        "INSERT INTO sources (path, sha256, rate, time_base, width_px, height_px, frames) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sha256) DO UPDATE SET path = excluded.path",
        values,
    )
    row = db.execute(SELECT_SOURCES + "WHERE sha256 = ?", (record.sha256,)).fetchone()
    return source_from_row(row).state


def check_frames(
    db: sqlite3.Connection, source_id: int, batch: Sequence[FaceRecord], next_frame: int
) -> None:
    """Refuse a batch that does not go on where the source is; raises ValueError."""
    row = db.execute("SELECT next_frame FROM sources WHERE id = ?", (source_id,)).fetchone()
    if row is None:
        raise ValueError(f"the faceset has no source {source_id}")
    here: int = row["next_frame"]
    outside = [r.frame_index for r in batch if not here <= r.frame_index < next_frame]
    if outside or next_frame < here:
        raise ValueError(
            f"source {source_id} goes on at frame {here}; got next_frame {next_frame} "
            f"and faces of frames outside that range: {outside}"
        )


def insert_faces(db: sqlite3.Connection, source_id: int, batch: Sequence[FaceRecord]) -> list[int]:
    """Add faces with their tracks, landmarks, vectors and figures; returns their ids in order."""
    db.executemany(
        "INSERT INTO tracks (source, number) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(source_id, number) for number in sorted({record.face.track for record in batch})],
    )
    rows = db.execute("SELECT number, id FROM tracks WHERE source = ?", (source_id,))
    tracks: dict[int, int] = {row["number"]: row["id"] for row in rows}
    first = db.execute("SELECT coalesce(max(id), 0) + 1 FROM faces").fetchone()[0]
    stored = list(enumerate(batch, first))
    db.executemany(
        _INSERT_FACE,
        (
            (i, *row_from_record(source_id, tracks[r.face.track], crop_name(source_id, r), r))
            for i, r in stored
        ),
    )
    db.executemany(
        "INSERT INTO landmarks VALUES (?, ?, ?)",
        (
            (i, blob_from_floats(r.face.landmarks_px, 468, 3), blob_from_floats(r.face.iris_px, 2, 5, 2))
            for i, r in stored
        ),
    )
    insert_identities(db, {i: r.face.identity for i, r in stored if r.face.identity is not None})
    db.executemany(
        "INSERT INTO quality VALUES (?, ?, ?)",
        ((i, name, float(value)) for i, r in stored for name, value in r.face.quality.items()),
    )
    return [i for i, _ in stored]


def insert_identities(db: sqlite3.Connection, vectors: Mapping[int, Vector]) -> None:
    """Add or replace identity vectors, face id to (128,) float32."""
    db.executemany(
        "INSERT OR REPLACE INTO identities VALUES (?, ?)",
        ((face_id, blob_from_floats(vector, 128)) for face_id, vector in vectors.items()),
    )


def note(db: sqlite3.Connection, key: str, value: str) -> None:
    """Write down something about the faceset as a whole."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def note_progress(db: sqlite3.Connection, source_id: int, next_frame: int) -> None:
    """Write down the first frame of a source that was not looked at yet."""
    db.execute("UPDATE sources SET next_frame = ? WHERE id = ?", (next_frame, source_id))


def finish_source(db: sqlite3.Connection, source_id: int, frames: int) -> None:
    """Note that a source was read to its end, and how many frames it has."""
    db.execute(
        "UPDATE sources SET done = 1, frames = ?, next_frame = ? WHERE id = ?", (frames, frames, source_id)
    )


def update_track(
    db: sqlite3.Connection, source_id: int, number: int, person: str | None, mean_identity: Vector | None
) -> None:
    """Say whom a track shows; a vector of None leaves what is stored. ValueError: there is no such track."""
    blob = None if mean_identity is None else blob_from_floats(mean_identity, 128)
    done = db.execute(
        "UPDATE tracks SET person = ?, mean_identity = coalesce(?, mean_identity) "
        "WHERE source = ? AND number = ?",
        (person, blob, source_id, number),
    )
    if done.rowcount == 0:
        raise ValueError(f"source {source_id} has no track {number}")
