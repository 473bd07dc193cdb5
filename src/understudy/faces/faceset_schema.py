"""The faceset's database: its tables, how it is made and opened, and what its errors mean."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Generator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from understudy.core.errors import FacesetError
from understudy.core.files import written_aside
from understudy.faces.face import FaceSquare

DATABASE = "faces.sqlite"
CROPS = "crops"
SCHEMA_VERSION = 2
APPLICATION_ID = 0x46534554  # "FSET": tells a faceset from any other SQLite file

# times are exact fractions as text "num/den"; vectors and landmarks are little-endian float32
_TABLES = """
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
            connection.executescript(_TABLES)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            rows = [("identity", identity), ("format", str(SCHEMA_VERSION)), ("created_by", _created_by())]
            connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
            connection.commit()
        finally:
            connection.close()


def open_database(folder: Path) -> tuple[sqlite3.Connection, bool]:
    """Open a faceset's database, for writing where that is possible.

    Returns:
        The connection, in autocommit mode with `sqlite3.Row` rows, and whether it can write.

    Raises:
        FacesetError: missing, not a faceset, of a newer version, or damaged.
    """
    path = folder / DATABASE
    if not path.is_file():
        raise FacesetError(f"{folder} is not a faceset (no {DATABASE} in it)", "make one with `extract`")
    writable = os.access(folder, os.W_OK) and os.access(path, os.W_OK)
    unmerged = path.with_name(f"{DATABASE}-wal")
    if not writable and unmerged.exists() and unmerged.stat().st_size > 0:
        raise FacesetError(
            f"{folder} was not closed and cannot be written to, so its last faces cannot be read",
            "make the folder writable, or copy it, and open it once",
        )
    # immutable: without it, SQLite wants to make its shared-memory file even to read
    uri = path.resolve().as_uri() + ("?mode=rw" if writable else "?mode=ro&immutable=1")
    with faceset_errors(folder):
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, timeout=30.0, check_same_thread=False
        )
        try:
            found = _check_format(connection, folder)
            if found < SCHEMA_VERSION:
                connection = connection if writable else _in_memory(connection)
                _bring_up_to_date(connection)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            if writable:
                connection.execute("PRAGMA journal_mode = WAL")
                # FULL: a committed batch outlives a power cut; one fsync a batch costs nothing
                connection.execute("PRAGMA synchronous = FULL")
            else:  # what is in memory would otherwise be changed and lost
                connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
    return connection, writable


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


def _check_format(connection: sqlite3.Connection, folder: Path) -> int:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise FacesetError(f"{folder / DATABASE} is not a faceset's database", "choose another folder")
    if found > SCHEMA_VERSION:
        raise FacesetError(
            f"{folder} has faceset format {found}, this version reads up to {SCHEMA_VERSION}",
            "update understudy",
        )
    return int(found)


def _in_memory(connection: sqlite3.Connection) -> sqlite3.Connection:
    """A copy of a database that cannot be written to; closes that."""
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    try:
        connection.backup(copy)
    except BaseException:
        copy.close()
        raise
    connection.close()
    return copy


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Turn format 1, whose crops are all upright, into format 2."""

    def matrix(x: float, y: float, side: float, roll: float, size: int, coverage: float) -> bytes:
        square = FaceSquare(x_px=x, y_px=y, side_px=side, roll_rad=roll)
        return square.crop_from_frame(size, coverage).astype("<f4").tobytes()

    connection.create_function("crop_matrix", 6, matrix, deterministic=True)
    with transaction(connection):
        if connection.execute("PRAGMA user_version").fetchone() == (2,):
            return  # somebody else was first
        connection.execute("ALTER TABLE faces ADD COLUMN crop_from_frame BLOB NOT NULL DEFAULT x''")
        connection.execute(
            "UPDATE faces SET crop_from_frame = crop_matrix(square_x_px, square_y_px, square_side_px, "
            "square_roll_rad, crop_size_px, crop_coverage)"
        )
        connection.execute("ALTER TABLE faces DROP COLUMN crop_coverage")
        connection.execute("UPDATE meta SET value = '2' WHERE key = 'format'")
        connection.execute("PRAGMA user_version = 2")


def _next_step(error: sqlite3.Error) -> str:
    # extended codes hold the primary one in their low byte; errors of the binding itself have none
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another command is writing to it: wait until that has ended"
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
        return "make the folder writable"
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return "check that the disk is not full and is healthy, then run the same command again"
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return "the database is damaged: restore a copy, or extract into a new folder"
    return "extract into a new folder, and report this"


def _created_by() -> str:
    try:
        return f"understudy {version('understudy')}"
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "understudy"
