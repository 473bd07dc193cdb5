"""The faceset's database: its tables, how it is made, and what its errors mean."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from understudy.core.errors import FacesetError
from understudy.core.files import written_aside
from understudy.faces.faceset_trust import NotOurs

DATABASE = "faces.sqlite"
CROPS = "crops"
MASKS = "masks"  # PNGs as large as the crops, named by their content: none is ever written over
SCHEMA_VERSION = 2
APPLICATION_ID = 0x46534554  # "FSET": tells a faceset from any other SQLite file

# times are exact fractions as text "num/den"; vectors and landmarks are little-endian float32
TABLES = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL,                  -- where it lay when last read; sha256 says what it is
    sha256 TEXT NOT NULL UNIQUE,
    rate TEXT,                           -- frames a second, null where unknown
    time_base TEXT NOT NULL,             -- seconds a unit of pts
    width_px INTEGER NOT NULL,
    height_px INTEGER NOT NULL,
    frames INTEGER,                      -- null until done, unless known before
    done INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    next_frame INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE tracks (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES sources (id),
    number INTEGER NOT NULL,
    mean_identity BLOB,                  -- (128,)
    person TEXT,                         -- null until people are told apart
    UNIQUE (source, number)
) STRICT;
CREATE TABLE faces (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES sources (id),
    frame_index INTEGER NOT NULL,
    pts INTEGER NOT NULL,
    time_s TEXT NOT NULL,
    track INTEGER NOT NULL REFERENCES tracks (id),
    box_x0_px REAL NOT NULL,
    box_y0_px REAL NOT NULL,
    box_x1_px REAL NOT NULL,
    box_y1_px REAL NOT NULL,
    confidence REAL NOT NULL,
    square_x_px REAL NOT NULL,
    square_y_px REAL NOT NULL,
    square_side_px REAL NOT NULL,
    square_roll_rad REAL NOT NULL,
    yaw_deg REAL NOT NULL,
    pitch_deg REAL NOT NULL,
    roll_deg REAL NOT NULL,
    crop TEXT NOT NULL UNIQUE,           -- file name in crops/
    crop_sha256 TEXT NOT NULL,
    crop_size_px INTEGER NOT NULL,
    crop_from_frame BLOB NOT NULL,       -- (2, 3), the similarity that cut it
    state TEXT NOT NULL CHECK (state IN ('kept', 'rejected')),
    reason TEXT NOT NULL,
    UNIQUE (source, frame_index, track)
) STRICT;
CREATE TABLE landmarks (
    face INTEGER PRIMARY KEY REFERENCES faces (id),
    mesh BLOB NOT NULL,                  -- (468, 3), frame pixels
    iris BLOB NOT NULL                   -- (2, 5, 2), frame pixels
) STRICT;
CREATE TABLE identities (
    face INTEGER PRIMARY KEY REFERENCES faces (id),
    vector BLOB NOT NULL                 -- (128,)
) STRICT;
CREATE TABLE quality (
    face INTEGER NOT NULL REFERENCES faces (id),
    name TEXT NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (face, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY,
    decision INTEGER NOT NULL,           -- faces changed together share it
    undoes INTEGER,                      -- the decision that this one takes back
    face INTEGER NOT NULL REFERENCES faces (id),
    at TEXT NOT NULL,                    -- UTC, ISO 8601
    by TEXT NOT NULL,
    from_state TEXT NOT NULL,
    from_reason TEXT NOT NULL,
    to_state TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX reviews_by_decision ON reviews (decision);
"""
# made when something is first imported; see `faceset_imported`
IMPORTED = """
CREATE TABLE IF NOT EXISTS imported (
    source INTEGER NOT NULL REFERENCES sources (id),
    frame_index INTEGER NOT NULL,
    number INTEGER NOT NULL,             -- among the imported faces of the frame
    track INTEGER,                       -- number of the face's track, null where no mesh was found
    program TEXT NOT NULL,
    file TEXT NOT NULL,
    frame_name TEXT NOT NULL,
    face_type TEXT NOT NULL,
    landmarks BLOB NOT NULL,             -- (68, 2), frame pixels
    aligned_from_frame BLOB,             -- (2, 3), null where the program does not store it
    aligned_px INTEGER,                  -- null where there is no picture
    polygons TEXT NOT NULL,              -- JSON: [is_face, [[x, y], ...]], aligned pixels
    PRIMARY KEY (source, frame_index, number)
) STRICT, WITHOUT ROWID
"""
# made when a face is first corrected; see `faceset_decisions`. Decisions are counted together with reviews
EDITED = (
    """
CREATE TABLE IF NOT EXISTS edited (
    face INTEGER NOT NULL REFERENCES faces (id),
    what TEXT NOT NULL,                  -- "person", "mask", "place", "faceset", "from"
    value TEXT NOT NULL,                 -- as it is now; no row where it is as it was extracted
    PRIMARY KEY (face, what)
) STRICT, WITHOUT ROWID
""",
    """
CREATE TABLE IF NOT EXISTS edits (
    id INTEGER PRIMARY KEY,
    decision INTEGER NOT NULL,
    undoes INTEGER,
    face INTEGER NOT NULL REFERENCES faces (id),
    at TEXT NOT NULL,
    by TEXT NOT NULL,
    what TEXT NOT NULL,
    before TEXT,
    after TEXT
) STRICT
""",
    "CREATE INDEX IF NOT EXISTS edits_by_decision ON edits (decision)",
)
CHANGED = "ALTER TABLE faces ADD COLUMN crop_from_frame BLOB NOT NULL DEFAULT x''"  # from format 1
ALL_STATEMENTS = (
    f"{TABLES} {IMPORTED} {' '.join(EDITED)} {CHANGED} crop_coverage REAL NOT NULL"  # of any format
)


def is_faceset(path: Path) -> bool:
    """Whether a folder is a faceset rather than footage."""
    return (path / DATABASE).is_file()


def create_database(folder: Path, identity: str) -> None:
    """Make the database of a new faceset; a kill leaves the whole of it or none.

    Raises:
        UnderstudyError: the folder cannot be written to.
    """
    with faceset_errors(folder), written_aside(folder / DATABASE) as aside:
        connection = sqlite3.connect(aside)
        try:
            # nothing to roll back or to sync here: the finished file is renamed, or removed
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.executescript(TABLES)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            rows = [("identity", identity), ("format", str(SCHEMA_VERSION)), ("created_by", _created_by())]
            connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
            connection.commit()
        finally:
            connection.close()


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """Commit all that the block writes, or none of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        # on a full disk SQLite has rolled back by itself
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextlib.contextmanager
def faceset_errors(folder: Path) -> Generator[None]:
    """Turn the database's errors into a `FacesetError` with a next step."""
    try:
        yield
    except sqlite3.Error as error:
        raise FacesetError(f"faceset {folder}: {error}", _next_step(error)) from error
    # in what the database would have said is wrong; and where it says that it needs more than there is
    except (UnicodeError, MemoryError) as error:
        raise FacesetError(f"faceset {folder} is damaged", _DAMAGED) from error


_DAMAGED = "the database is damaged: restore a copy, or extract into a new folder"


def _next_step(error: sqlite3.Error) -> str:
    if isinstance(error, NotOurs):
        return "it was damaged, or made to do harm: get it anew from its maker, or extract into a new folder"
    # extended codes hold the primary one in their low byte; errors of the binding itself have none
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another command is writing to it: wait until that has ended"
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
        return "make the folder writable"
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return "check that the disk is not full and is healthy, then run the same command again"
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _DAMAGED
    return "extract into a new folder, and report this"


def _created_by() -> str:
    try:
        return f"understudy {version('understudy')}"
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "understudy"
