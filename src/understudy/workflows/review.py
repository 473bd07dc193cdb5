"""Look through a faceset: keep, reject, say whom a face shows; every step can be taken back."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from understudy.core.errors import ConfigError, FacesetError
from understudy.faces.faceset_columns import FaceStates
from understudy.faces.faceset_decisions import Decision, Edit, StateChange
from understudy.faces.faceset_records import SourceRecord, StoredFace
from understudy.faces.faceset_review import ReviewedFaceset
from understudy.faces.faults import FAULTS
from understudy.workflows.extract_people import ANOTHER_PERSON
from understudy.workflows.person_names import checked_person
from understudy.workflows.review_table import UNKNOWN, Floats, ReviewTable, packed, read_table
from understudy.workflows.review_thumbnails import FACES_A_PACK, SIZE_PX, Thumbnails

BY = "review"  # who decides, in the history; only such decisions are taken back here
REASONS = ("not good", *FAULTS, "wrong landmarks", ANOTHER_PERSON)
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What a step has changed.

    Args:
        faces: ids, in the order of the wall's rows.
        kept: whether each is kept now.
        reasons: why not.
        people: whom each shows now.
        counts: faces "kept" and "rejected" of all.
        undo: how many steps can be taken back.
        redo: how many done again.
        said: what was done, for people to read.
    """

    faces: list[int]
    kept: list[bool]
    reasons: list[str]
    people: list[str]
    counts: dict[str, int]
    undo: int
    redo: int
    said: str


class Review:
    """A faceset that is being looked through; safe to use from several threads. Close it.

    Every method raises FacesetError where the faceset cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        """Open a faceset and read what it holds; raises FacesetError."""
        self.folder = folder
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._faceset = ReviewedFaceset(folder)
        self.identity = self._faceset.identity
        self._load()

    def close(self) -> None:
        """Let go of the faceset."""
        self._stop.set()
        with self._lock:
            self._faceset.close()

    @property
    def table(self) -> ReviewTable:
        """All faces as they are now."""
        with self._lock:
            self._keep_up()
            return self._table

    @property
    def states(self) -> FaceStates:
        """Which are kept, and whom they show."""
        with self._lock:
            self._keep_up()
            return self._states

    @property
    def thumbnails(self) -> Thumbnails:
        """Small pictures of all faces."""
        with self._lock:
            return self._thumbnails

    @contextmanager
    def held(self) -> Generator[ReviewedFaceset]:
        """The faceset, for one thread alone; after writing to it call `reload`."""
        with self._lock:
            yield self._faceset

    def reload(self) -> None:
        """Read all faces anew."""
        with self._lock:
            self._load()

    def make_thumbnails(self) -> None:
        """Make those that are missing; returns when all are there or the faceset is closed."""
        self.thumbnails.make_all(self._stop)

    def packed(self) -> bytes:
        """All faces as one answer; see `review_table.packed`."""
        with self._lock:
            self._keep_up()
            undo, redo = self._faceset.steps(BY)
            about: dict[str, object] = {
                "identity": self.identity,
                "own": self.own_person(),
                "writable": self._faceset.writable,
                "undo": undo,
                "redo": redo,
                "usual_reasons": REASONS,
                "pack": FACES_A_PACK,
                "thumbnail_px": SIZE_PX,
                "digests": [self._thumbnails.digest(i) for i in range(self._thumbnails.count)],
                "sources": {str(one.state.id): one.record.path.name for one in self._faceset.sources()},
            }
            return packed(self._table, self._states, about)

    def unlike(self, face: int) -> Floats:
        """How unlike one face every face is; see `ReviewTable.unlike`."""
        with self._lock:
            return self._table.unlike(self._row(face))

    def stored(self, face: int) -> StoredFace:
        """A face with all that belongs to it; raises FacesetError where there is none of this id."""
        with self._lock:
            found = self._faceset.faces_by_id([face])
        if not found:
            raise FacesetError(f"{self.folder.name} has no face {face}", "reload the page")
        return found[0]

    def source_of(self, source_id: int) -> SourceRecord:
        """The footage that faces are from."""
        with self._lock:
            return next(one.record for one in self._faceset.sources() if one.state.id == source_id)

    def steps(self) -> tuple[int, int]:
        """How many steps can be taken back, and how many done again."""
        with self._lock:
            return self._faceset.steps(BY)

    def own_person(self) -> str:
        """Whose faces are kept: the identity, or who is seen in most kept faces where nobody is called so."""
        people = self._table.people(self._states)
        if self.identity in people:
            return self.identity
        kept = Counter(person for person, keep in zip(people, self._states.kept, strict=True) if keep)
        kept.pop(UNKNOWN, None)
        return kept.most_common(1)[0][0] if kept else self.identity

    # ---- steps ----

    def keep(self, faces: Sequence[int]) -> Changed:
        """Keep faces, whatever was against them; those that were moved to another faceset come back."""
        moved = self.states.moved
        back = [Edit(face_id=face, what="faceset", value=None) for face in faces if face in moved]
        return self.decide(
            [StateChange(face_id=face, state="kept", reason="") for face in faces], back, "Kept"
        )

    def reject(self, faces: Sequence[int], reason: str) -> Changed:
        """Reject faces for a reason; raises ConfigError where it is too long."""
        if len(reason) > _LONGEST_REASON or not reason.isprintable():
            raise ConfigError("the reason is not one short line", f"say it in {_LONGEST_REASON} characters")
        states = [StateChange(face_id=face, state="rejected", reason=reason) for face in faces]
        return self.decide(states, [], "Rejected", f" as “{reason}”" if reason else "")

    def give_to(self, faces: Sequence[int], person: str) -> Changed:
        """Say whom faces show.

        Those of somebody else than `own_person` are rejected; those that were so and are theirs are kept.

        Raises:
            ConfigError: nobody can be called so.
        """
        person = checked_person(person, "name")
        with self._lock:
            self._keep_up()
            rows = [self._row(face) for face in faces]
            people, own = self._table.people(self._states), self.own_person()
            edits = [
                Edit(face_id=face, what="person", value=person)
                for face, row in zip(faces, rows, strict=True)
                if people[row] != person
            ]
            states = [change for row in rows if (change := self._state_for(row, person == own)) is not None]
            return self.decide(states, edits, "Moved", f" to {person}")

    def merge(self, person: str, into: str) -> Changed:
        """Say that two people are one."""
        with self._lock:
            self._keep_up()
            people = self._table.people(self._states)
            faces = [int(self._table.columns.ids[row]) for row, name in enumerate(people) if name == person]
            return self.give_to(faces, into)

    def edit(self, edits: Sequence[Edit], done: str) -> Changed:
        """Correct something about faces; `done` says what, for people to read."""
        return self.decide([], edits, done)

    def decide(
        self, states: Sequence[StateChange], edits: Sequence[Edit], done: str, how: str = ""
    ) -> Changed:
        """Make a step of several changes; `done` and `how` say what, around the number of faces."""
        with self._lock:
            for one in (*states, *edits):
                self._row(one.face_id)
            return self._changed(self._faceset.decide(states, edits, BY), done, how)

    def undo(self) -> Changed:
        """Take back the last step that stands."""
        with self._lock:
            return self._changed(self._faceset.undo(BY, BY), "Took back a step with", "")

    def redo(self) -> Changed:
        """Do again the step that was last taken back."""
        with self._lock:
            return self._changed(self._faceset.redo(BY, BY), "Did again a step with", "")

    def decisions(self, most: int = 50) -> list[Decision]:
        """The last steps, of extraction, too; the newest first."""
        with self._lock:
            return self._faceset.decisions(most)

    # ---- inside ----

    def _load(self) -> None:
        self._table = read_table(self._faceset)
        self._states = self._faceset.states()
        self._thumbnails = Thumbnails(self.folder, self._table.columns, writable=self._faceset.writable)
        self._version = self._faceset.version()

    def _keep_up(self) -> None:
        """Read anew what another command has written."""
        if self._faceset.version() != self._version:
            self._load()

    def _row(self, face: int) -> int:
        ids = self._table.columns.ids
        row = int(np.searchsorted(ids, face))
        if row == len(ids) or ids[row] != face:
            raise FacesetError(f"{self.folder.name} has no face {face}", "reload the page")
        return row

    def _state_for(self, row: int, is_own: bool) -> StateChange | None:
        """What becomes of a face when somebody says whose it is; None where it stays as it is."""
        face, kept = int(self._table.columns.ids[row]), bool(self._states.kept[row])
        if is_own and not kept and self._states.reasons[row] == ANOTHER_PERSON:
            return StateChange(face_id=face, state="kept", reason="")
        if not is_own and kept:
            return StateChange(face_id=face, state="rejected", reason=ANOTHER_PERSON)
        return None

    def _changed(self, faces: list[int], done: str, how: str) -> Changed:
        self._keep_up()
        if faces and self._faceset.is_moved(self._table.columns, faces):
            self._load()  # landmarks, figures or pictures are others
        self._faceset.bring_up_to_date(self._states, self._table.columns.ids, faces)
        rows = sorted(self._row(face) for face in faces)
        undo, redo = self._faceset.steps(BY)
        kept = int(self._states.kept.sum())
        count = f"{len(rows):,}".replace(",", "\u202f")  # a thin space, as in the pages' figures
        return Changed(
            faces=[int(self._table.columns.ids[row]) for row in rows],
            kept=[bool(self._states.kept[row]) for row in rows],
            reasons=[self._states.reasons[row] for row in rows],
            people=[self._table.person_of(row, self._states) for row in rows],
            counts={"kept": kept, "rejected": len(self._states.reasons) - kept},
            undo=undo,
            redo=redo,
            said=f"{done} {count} {'face' if len(rows) == 1 else 'faces'}{how}.",
        )
