"""The queue of jobs on disk: an SQLite file in the production, which survives whatever happens."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from understudy.core.errors import UnderstudyError

FILE_NAME = "studio.sqlite"
State = Literal["waiting", "running", "stopping", "stopped", "done", "failed"]
STATES: tuple[State, ...] = get_args(State)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    folder TEXT NOT NULL UNIQUE,
    arguments TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    added REAL NOT NULL,
    started REAL,
    ended REAL,
    pid INTEGER,
    deaths INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    next_step TEXT,
    result TEXT
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A command that is done once its turn comes.

    Args:
        id: rising, never given out again.
        name: as people call it.
        folder: of its production, relative to the studio's.
        arguments: of the command line.
        state: "waiting" for its turn, "running", "stopping", as asked, "stopped", "done" or "failed".
        added: Unix time.
        started: of its last run.
        ended: of its last run.
        pid: of its last run.
        deaths: how often in a row it ended without a word soon after it was started.
        error: of "failed": what did.
        next_step: what to do then.
        result: of "done": what the command printed.
    """

    id: int
    name: str
    folder: str
    arguments: list[str]
    state: State
    added: float
    started: float | None
    ended: float | None
    pid: int | None
    deaths: int
    error: str | None
    next_step: str | None
    result: dict[str, Any] | None


class JobStore:
    """Jobs of one production.

    Args:
        production: its folder; it is made when the first job is added.
    """

    def __init__(self, production: Path) -> None:
        """Nothing is read or written yet."""
        self.path = production / FILE_NAME

    def add(self, name: str, folder: str, arguments: Sequence[str], *, once: bool = False) -> int:
        """Add a job to the end of the queue; its id.

        Args:
            name: as people call it.
            folder: of its production, relative to the studio's.
            arguments: of the command line.
            once: give the job that waits or runs with the same command, where there is one, instead.

        Raises:
            UnderstudyError: another job has this folder, or the file cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            said = json.dumps(list(arguments))
            if once:
                db.execute("BEGIN IMMEDIATE")  # of two clicks at a time the second sees the first one's job
                found = db.execute(
                    "SELECT id FROM job WHERE arguments = ? AND state IN ('waiting', 'running')", (said,)
                ).fetchone()
                if found is not None:
                    return found["id"]
            cursor = db.execute(
                "INSERT INTO job (name, folder, arguments, added) VALUES (?, ?, ?, ?)",
                (name, folder, said, time.time()),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def all(self) -> list[Job]:
        """Every job, the first added first."""
        if not self.path.exists():
            return []
        with self._open() as db:
            return [_job(row) for row in db.execute("SELECT * FROM job ORDER BY id")]

    def get(self, number: int) -> Job | None:
        """A job; None where there is none of that number."""
        return next((job for job in self.all() if job.id == number), None)

    def change(self, number: int, *, states: Sequence[State] = STATES, **values: object) -> bool:
        """Change a job, if it is in one of these states; whether it was.

        Args:
            number: its id.
            states: in which it may be; what another process has changed meanwhile stays.
            values: columns and what they become.
        """
        if not self.path.exists():
            return False
        if "arguments" in values:
            values["arguments"] = json.dumps(values["arguments"])
        if values.get("result") is not None:
            values["result"] = json.dumps(values["result"])
        sets = ", ".join(f"{column} = ?" for column in values)  # names from code, never from a request
        marks = ", ".join("?" for _ in states)
        with self._open() as db:
            cursor = db.execute(
                f"UPDATE job SET {sets} WHERE id = ? AND state IN ({marks})",
                (*values.values(), number, *states),
            )
            return cursor.rowcount > 0

    def remove(self, number: int) -> bool:
        """Forget a job that does not run, whatever it has made stays; whether it was forgotten."""
        if not self.path.exists():
            return False
        with self._open() as db:
            cursor = db.execute(
                "DELETE FROM job WHERE id = ? AND state NOT IN ('running', 'stopping')", (number,)
            )
            return cursor.rowcount > 0

    @contextlib.contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        """One transaction."""
        try:
            db = sqlite3.connect(self.path, timeout=30)
            try:
                db.row_factory = sqlite3.Row
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")  # a power cut loses no job
                db.execute(_SCHEMA)
                with db:
                    yield db
            finally:
                db.close()
        except sqlite3.Error as error:
            raise UnderstudyError(
                f"the queue of jobs cannot be used, {self.path} ({error})",
                "see whether it may be written to and the disk has room, or open another folder",
            ) from error


def _job(row: sqlite3.Row) -> Job:
    values = dict(row)
    values["arguments"] = json.loads(values["arguments"])
    values["result"] = json.loads(values["result"]) if values["result"] else None
    return Job(**values)
