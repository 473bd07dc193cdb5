"""What is asked of a faceset's database before it is believed: a faceset may come from a stranger.

A SQLite file holds more than data. Triggers, views, generated columns, defaults and checks are expressions
that run when it is read or written, some of them for ever; pages that point at each other make a small file
look endless; and columns may hold other types than they say. So only tables exactly like ours are read.

Reference:
    SQLite, Defense Against The Dark Arts (security.html), 1.1 and 1.2.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Generator
from pathlib import Path

_LONGEST_BYTES = 64 << 20  # of one value; the longest are lists of files that an import left out
_LONGEST_STATEMENT = 8 << 20  # characters; those that ask for many faces are the longest
_STEPS, _STEPS_A_BYTE, _ASKED_EVERY = 5_000_000, 4, 10_000  # of SQLite's machine; 0.05 a byte are usual
_MOST_ENTRIES = 100  # of tables and indexes
_STATISTICS = {("table", "sqlite_stat1"), ("table", "sqlite_stat4")}  # SQLite's own
# texts, blobs, words and numbers, and single signs, of an SQL statement without its comments
_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|x?'[^']*'|\d[\d.]*|\w+|\S", re.DOTALL | re.IGNORECASE)
_COLUMNS = (
    'SELECT tables.name, columns.name, columns.type, columns."notnull", columns.pk, columns.hidden '
    "FROM pragma_table_list AS tables, pragma_table_xinfo(tables.name) AS columns "
    "WHERE tables.schema = 'main' AND tables.strict AND tables.type = 'table'"
)


class NotOurs(sqlite3.DatabaseError):
    """A database is none that this program has made."""


def expect_little(connection: sqlite3.Connection) -> None:
    """Set what a connection takes from a file, before the first look at it."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, _LONGEST_STATEMENT)
    connection.setlimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1)
    # the expressions of a file may not call what is not harmless, and its cells may not overlap
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA mmap_size = 0")


@contextlib.contextmanager
def in_steps_of(connection: sqlite3.Connection, path: Path) -> Generator[None]:
    """Stop what takes far more steps than a file of this size can need; raises NotOurs then."""
    left = (_STEPS + _STEPS_A_BYTE * path.stat().st_size) // _ASKED_EVERY

    def is_too_much() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    connection.set_progress_handler(is_too_much, _ASKED_EVERY)
    try:
        yield
    except sqlite3.OperationalError as error:
        if left < 0:
            raise NotOurs("it takes longer to read than any faceset of its size") from error
        raise
    finally:
        connection.set_progress_handler(None, 0)


def check_words(connection: sqlite3.Connection, ours: str) -> None:
    """Refuse a schema that says anything that ours cannot say.

    Args:
        connection: of the database.
        ours: all statements that tables are made and changed by, of any version.

    Raises:
        NotOurs: there is something else than tables and their indexes, or a word that ours lacks.
    """
    rows = connection.execute(
        f"SELECT type, name, sql FROM sqlite_master LIMIT {_MOST_ENTRIES + 1}"
    ).fetchall()
    if len(rows) > _MOST_ENTRIES:
        raise NotOurs("it has more tables than any faceset")
    words = _words(ours)
    for kind, name, statement in rows:
        if kind not in ("table", "index"):
            raise NotOurs(f"it has a {_shown(kind)} {_shown(name)}, which no faceset has")
        # indexes that SQLite makes by itself have no statement; its table of statistics is its own
        if (
            statement is not None
            and (kind, name) not in _STATISTICS
            and (strange := sorted(_words(str(statement)) - words))
        ):
            raise NotOurs(f"its {kind} {_shown(name)} says {_shown(strange[0])}, which no faceset says")


def check_columns(connection: sqlite3.Connection, ours: str) -> None:
    """Refuse tables that are not like ours, column for column; others may be there, and are not read.

    Args:
        connection: of the database, in today's format.
        ours: the statements that make today's tables.

    Raises:
        NotOurs: a table is missing or another one.
    """
    reference = sqlite3.connect(":memory:")
    try:
        reference.executescript(ours)
        expected = _columns(reference)
        indexes = _indexes(reference)
    finally:
        reference.close()
    names = {row[0] for row in expected}
    found = {row for row in _columns(connection) if row[0] in names}
    if differing := sorted(str(row[0]) for row in expected ^ found):
        raise NotOurs(f"its table {differing[0]} is not that of a faceset")
    if missing := sorted(indexes - _indexes(connection)):
        raise NotOurs(f"its index {missing[0]} is missing")


def check_pages(connection: sqlite3.Connection) -> None:
    """Refuse pages that are used twice, and values of another type than their column.

    Raises:
        NotOurs: there are some.
    """
    # one mistake is enough: what follows it might never end
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise NotOurs(f"it is damaged: {_shown(found)}")


def _columns(connection: sqlite3.Connection) -> set[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = connection.execute(_COLUMNS).fetchall()
    return {tuple(row) for row in rows}


def _indexes(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
    return {str(row[0]) for row in rows}


def _words(statement: str) -> set[str]:
    found = (word for word in _TOKEN.findall(statement) if not word.startswith(("--", "/*")))
    # a number is one word, whichever: defaults and lengths differ
    return {"0" if word[0].isdecimal() else word.lower().strip('"`') for word in found}


def _shown(value: object) -> str:
    text = " ".join(str(value).split())[:80]
    return text if text.isprintable() else repr(text)
