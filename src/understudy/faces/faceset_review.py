"""A faceset that is being looked through: all faces at once, and decisions that can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from understudy.faces import faceset_columns as columns
from understudy.faces import faceset_decisions as decisions
from understudy.faces import faceset_moved as moved
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_columns import FaceColumns, FaceStates, Floats, Ints, TrackRow
from understudy.faces.faceset_decisions import Decision, Edit, StateChange
from understudy.faces.faceset_moved import Arrival, Move


class ReviewedFaceset(Faceset):
    """A faceset with what reviewing needs; used like `Faceset`."""

    def decide(self, states: Sequence[StateChange], edits: Sequence[Edit], by: str) -> list[int]:
        """Change faces as one decision, all or none; returns ids of those changed.

        Raises:
            ValueError: a face that is not there, or a place that is none.
        """
        with self._writing():
            return decisions.decide(self._db, states, edits, by)

    def undo(self, by: str, only_by: str | None = None) -> list[int]:
        """Take back the last decision that stands, of `only_by` where given; returns ids of those changed."""
        with self._writing():
            return decisions.undo(self._db, by, only_by)

    def redo(self, by: str, only_by: str | None = None) -> list[int]:
        """Do again what was last taken back, unless something else was decided since."""
        with self._writing():
            return decisions.redo(self._db, by, only_by)

    def steps(self, only_by: str | None = None) -> tuple[int, int]:
        """How many decisions can be taken back, and how many done again."""
        with self._reading():
            return decisions.steps(self._db, only_by)

    def decisions(self, most: int = 100) -> list[Decision]:
        """The last decisions, the newest first."""
        with self._reading():
            return decisions.decisions(self._db, most)

    def columns(self, figures: Sequence[str]) -> FaceColumns:
        """All faces, whatever their state, with some quality figures."""
        with self._reading():
            return columns.read_columns(self._db, figures)

    def states(self) -> FaceStates:
        """What reviewing has changed, of all faces."""
        with self._reading():
            return columns.read_states(self._db)

    def bring_up_to_date(self, states: FaceStates, ids: Ints, faces: Sequence[int]) -> None:
        """Write into `states` how some faces are now: much faster than reading those of all.

        Args:
            states: of this faceset; changed.
            ids: as of `FaceColumns`.
            faces: ids of those that may have changed.
        """
        with self._reading():
            for face in faces:
                row = int(np.searchsorted(ids, face))
                kept, reason, edited = columns.read_state(self._db, face)
                states.kept[row] = kept
                states.reasons[row] = reason
                known = {"person": states.people, "mask": states.masks, "faceset": states.moved}
                for what, values in known.items():
                    values.pop(face, None)
                    if what in edited:
                        values[face] = edited[what]

    def is_moved(self, known: FaceColumns, faces: Sequence[int]) -> bool:
        """Whether any of some faces lies elsewhere, or has another crop, than columns read before say."""
        with self._reading():
            return any(columns.is_moved(self._db, known, face) for face in faces)

    def track_rows(self) -> list[TrackRow]:
        """All tracks, with the ids that `FaceColumns.track` has."""
        with self._reading():
            return columns.read_tracks(self._db)

    def vectors(self) -> tuple[Ints, Floats]:
        """(m,) ids of the faces with an identity vector, and these, (m, 128)."""
        with self._reading():
            return columns.read_vectors(self._db)

    def targets(self) -> set[str]:
        """Paths of the facesets that faces were ever moved to; see `faceset_moved`."""
        with self._reading():
            return moved.targets(self._db)

    def moves(self, target: str, followed: Mapping[int, int]) -> list[Move]:
        """What was decided about moving faces to another faceset, but for what that has followed."""
        with self._reading():
            return moved.moves(self._db, target, followed)

    def followed(self, home: str) -> dict[int, int]:
        """Up to which decision another faceset was followed, by the ids that faces have there."""
        with self._reading():
            return moved.followed(self._db, home)

    def check_target(self, sources: Sequence[str]) -> None:
        """Refuse faces of footage, by its sha256, that is still searched for faces; raises FacesetError."""
        with self._reading():
            moved.check_target(self._db, self.folder, sources)

    def take_in(self, own: str, home: tuple[str, str], arrivals: Sequence[Arrival], by: str) -> None:
        """Take in faces of another faceset, or give them back, as it has decided: all of them or none.

        Args:
            own: whom this faceset shows.
            home: path of the other one from this folder, and what it is called.
            arrivals: a few hundred at most.
            by: who does it, in the history.
        """
        with self._writing():
            moved.take_in(self._db, self.folder, own, home, arrivals, by)

    def version(self) -> int:
        """Changes when somebody else has written to the database."""
        with self._reading():
            return self._db.execute("PRAGMA data_version").fetchone()[0]
