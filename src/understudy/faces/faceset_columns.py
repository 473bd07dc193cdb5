"""All faces of a faceset at once, a column a figure: what a wall of many thousand faces needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from understudy.faces.faceset_decisions import has_edits
from understudy.faces.faceset_rows import floats_from_blob, fraction_from_text

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

PLACES = (
    *("square_x_px", "square_y_px", "square_side_px", "square_roll_rad"),
    *("yaw_deg", "pitch_deg", "roll_deg", "confidence"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceColumns:
    """What does not change of n faces unless one is found anew, in the order of their ids.

    Args:
        ids: (n,) of the faces, rising.
        source: (n,) of the sources.
        frame_index: (n,) positions in the footage, from 0.
        track: (n,) ids of the tracks in the database, as of `TrackRow`.
        time_s: (n,) seconds.
        places: name of `PLACES` to (n,).
        quality: name of a figure to (n,), NaN where it is not known.
        crops: n file names in crops/.
        crop_sizes_px: (n,) sides of the crops.
        crops_from_frame: (n, 2, 3).
        crop_digests: n sha256 of the crops.
    """

    ids: Ints
    source: Ints
    frame_index: Ints
    track: Ints
    time_s: NDArray[np.float64]
    places: dict[str, Floats]
    quality: dict[str, Floats]
    crops: list[str]
    crop_sizes_px: Ints
    crops_from_frame: Floats
    crop_digests: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceStates:
    """What reviewing changes, in the same order.

    Args:
        kept: (n,) bool.
        reasons: n texts.
        people: face id to the name that somebody gave, of those whose track says otherwise.
        masks: face id to the file of a drawn mask.
        moved: face id to the path of the faceset that it was moved to.
    """

    kept: NDArray[np.bool_]
    reasons: list[str]
    people: dict[int, str]
    masks: dict[int, str]
    moved: dict[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRow:
    """One track: its id in the database, its source, its number there, and whom it shows."""

    id: int
    source: int
    number: int
    person: str | None


def read_columns(db: sqlite3.Connection, figures: Sequence[str]) -> FaceColumns:
    """Read all faces; `figures` are names of quality figures."""
    plain = ", ".join(PLACES)
    rows = _rows(
        db,
        f"SELECT id, source, frame_index, track, pts, {plain}, crop, crop_size_px, crop_from_frame, "
        "crop_sha256 FROM faces ORDER BY id",
    )
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in range(9 + len(PLACES))]
    ids, source, frames, tracks, pts = (np.array(columns[i], np.int64) for i in range(5))
    places = {name: np.array(columns[5 + i], np.float32) for i, name in enumerate(PLACES)}
    crops, sizes, matrices, digests = columns[5 + len(PLACES) :]
    bases = {
        row[0]: float(fraction_from_text(row[1])) for row in _rows(db, "SELECT id, time_base FROM sources")
    }
    bases_of = np.array([bases[one] for one in source.tolist()], np.float64)
    return FaceColumns(
        ids=ids,
        source=source,
        frame_index=frames,
        track=tracks,
        time_s=pts * bases_of,
        places=places,
        quality=_figures(db, ids, figures),
        crops=list(crops),
        crop_sizes_px=np.array(sizes, np.int64),
        crops_from_frame=floats_from_blob(b"".join(matrices), -1, 2, 3),
        crop_digests=list(digests),
    )


def read_states(db: sqlite3.Connection) -> FaceStates:
    """Read which faces are kept, why not, and whom they show; in the order of ids."""
    rows = _rows(db, "SELECT state, reason FROM faces ORDER BY id")
    edited: dict[str, dict[int, str]] = {"person": {}, "mask": {}, "faceset": {}}
    if has_edits(db):
        for face, what, value in _rows(db, "SELECT face, what, value FROM edited"):
            if what in edited:
                edited[what][face] = str(value)
    return FaceStates(
        kept=np.array([row[0] == "kept" for row in rows], np.bool_),
        reasons=[str(row[1]) for row in rows],
        people=edited["person"],
        masks=edited["mask"],
        moved=edited["faceset"],
    )


def read_state(db: sqlite3.Connection, face_id: int) -> tuple[bool, str, dict[str, str]]:
    """Whether a face is kept, why not, and what somebody has said of it, by kind."""
    state, reason = db.execute("SELECT state, reason FROM faces WHERE id = ?", (face_id,)).fetchone()
    edited: dict[str, str] = {}
    if has_edits(db):
        edited = {
            row[0]: str(row[1])
            for row in db.execute("SELECT what, value FROM edited WHERE face = ?", (face_id,))
        }
    return state == "kept", str(reason), edited


def is_moved(db: sqlite3.Connection, known: FaceColumns, face_id: int) -> bool:
    """Whether a face lies elsewhere, or has another crop, than columns read before say."""
    row = int(np.searchsorted(known.ids, face_id))
    now = db.execute("SELECT square_x_px, square_y_px, crop FROM faces WHERE id = ?", (face_id,)).fetchone()
    then = (known.places["square_x_px"][row], known.places["square_y_px"][row], known.crops[row])
    return (np.float32(now[0]), np.float32(now[1]), now[2]) != then


def read_tracks(db: sqlite3.Connection) -> list[TrackRow]:
    """All tracks, by source and number."""
    rows = _rows(db, "SELECT id, source, number, person FROM tracks ORDER BY source, number")
    return [TrackRow(id=row[0], source=row[1], number=row[2], person=row[3]) for row in rows]


def read_vectors(db: sqlite3.Connection) -> tuple[Ints, Floats]:
    """(m,) ids of the faces that have an identity vector, rising, and these, (m, 128)."""
    rows = _rows(db, "SELECT face, vector FROM identities ORDER BY face")
    return (
        np.array([row[0] for row in rows], np.int64),
        floats_from_blob(b"".join(row[1] for row in rows), -1, 128),
    )


def _figures(db: sqlite3.Connection, ids: Ints, names: Sequence[str]) -> dict[str, Floats]:
    found = {name: np.full(len(ids), np.nan, np.float32) for name in names}
    # all in one pass, without a text for each: half the time of a query a figure
    sums = ", ".join(["sum(value) FILTER (WHERE name = ?)"] * len(names))
    rows = _rows(db, f"SELECT face, {sums} FROM quality GROUP BY face", tuple(names)) if names else []
    if rows:
        faces, *columns = zip(*rows, strict=True)
        at = np.searchsorted(ids, np.array(faces, np.int64))
        for name, values in zip(names, columns, strict=True):
            found[name][at] = np.array(values, np.float32)  # null becomes NaN
    return found


def _rows(db: sqlite3.Connection, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    cursor = db.cursor()
    cursor.row_factory = None  # plain tuples: three times as fast as rows with names
    return cursor.execute(query, values).fetchall()
