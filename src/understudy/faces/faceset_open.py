"""How a faceset's database is opened: looked at before it is believed, and brought up to date."""

from __future__ import annotations

import os
import sqlite3
from functools import lru_cache
from pathlib import Path

from understudy.core.errors import FacesetError
from understudy.faces.face import FaceSquare
from understudy.faces.faceset_schema import (
    ALL_STATEMENTS,
    APPLICATION_ID,
    CHANGED,
    CROPS,
    DATABASE,
    SCHEMA_VERSION,
    TABLES,
    faceset_errors,
    transaction,
)
from understudy.faces.faceset_trust import check_columns, check_pages, check_words, expect_little, in_steps_of

_FILES = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal")


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
    for name in (*_FILES, CROPS):
        if (folder / name).is_symlink():  # what is written there would change something else
            raise FacesetError(
                f"{folder / name} is a link out of the faceset", "put what it stands for in its place"
            )
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
            if _checked_format(connection, uri, folder) < SCHEMA_VERSION:
                connection = connection if writable else _in_memory(connection)
                _bring_up_to_date(connection)
            check_columns(connection, TABLES)
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


def _checked_format(connection: sqlite3.Connection, uri: str, folder: Path) -> int:
    """The format of a database, once it is sure that it is one of ours."""
    expect_little(connection)
    with in_steps_of(connection, folder / DATABASE):
        found = _check_format(connection, folder)
        check_words(connection, ALL_STATEMENTS)
    _check_pages_once(uri, folder / DATABASE, _state_of(folder))
    return found


@lru_cache(maxsize=64)
def _check_pages_once(uri: str, path: Path, state: tuple[tuple[int, ...], ...]) -> None:
    """As `check_pages`, which takes 60 ms for a thousand faces, of what is as it was the last time."""
    del state
    connection = sqlite3.connect(uri, uri=True, timeout=30.0)
    try:
        expect_little(connection)
        with in_steps_of(connection, path):
            check_pages(connection)
    finally:
        connection.close()


def _state_of(folder: Path) -> tuple[tuple[int, ...], ...]:
    """Changes with everything that is written to the database."""
    found = [path.stat() for name in _FILES[:2] if (path := folder / name).exists()]
    return tuple((one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) for one in found)


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
        connection.execute(CHANGED)
        connection.execute(
            "UPDATE faces SET crop_from_frame = crop_matrix(square_x_px, square_y_px, square_side_px, "
            "square_roll_rad, crop_size_px, crop_coverage)"
        )
        connection.execute("ALTER TABLE faces DROP COLUMN crop_coverage")
        connection.execute("UPDATE meta SET value = '2' WHERE key = 'format'")
        connection.execute("PRAGMA user_version = 2")
