"""The reviewed collection of faces of one identity, on disk.

A folder with `faces.sqlite` and `crops/`. Every write is one transaction, so a kill at any moment
loses at most the batch in flight, and the same command goes on from there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from understudy.core.errors import FacesetError
from understudy.core.files import next_step_for
from understudy.core.types import Points, Vector
from understudy.faces import faceset_queries as queries
from understudy.faces import faceset_reviews as reviews
from understudy.faces import faceset_writes as writes
from understudy.faces.faceset_crops import remove_crops_from, write_crops
from understudy.faces.faceset_imported import ImportedFace, insert_imported, select_imported
from understudy.faces.faceset_open import open_database
from understudy.faces.faceset_records import (
    FaceRecord,
    Review,
    SourceRecord,
    SourceState,
    State,
    StoredFace,
    StoredSource,
    StoredTrack,
)
from understudy.faces.faceset_rows import check_record, row_errors
from understudy.faces.faceset_schema import (
    CROPS,
    DATABASE,
    create_database,
    faceset_errors,
    transaction,
)

_PAGE = 256  # faces read at once: about 2 MB


class Faceset:
    """An open faceset; use it from one thread at a time, and close it.

    Every method raises FacesetError where the database or the folder cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        """Open an existing faceset; see `open`."""
        self.folder = folder
        self._crops = folder / CROPS
        self._db, self.writable = open_database(folder)
        try:
            with self._reading():
                self.meta = queries.meta(self._db)
        except FacesetError:
            self.close()
            raise

    @classmethod
    def create(cls, folder: Path, identity: str) -> Faceset:
        """Make an empty faceset; the folder is made where missing and may hold other files.

        Raises:
            UnderstudyError: there is one already (FacesetError), or the folder cannot be written to.
        """
        if (folder / DATABASE).exists():
            raise FacesetError(f"{folder} is a faceset already", "choose another folder")
        try:
            (folder / CROPS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FacesetError(f"cannot make {folder} ({error.strerror})", next_step_for(error)) from error
        create_database(folder, identity)
        return cls(folder)

    @classmethod
    def open(cls, folder: Path) -> Faceset:
        """Open a faceset, read-only where its folder cannot be written to.

        Raises:
            FacesetError: missing, not a faceset, of a newer version, or damaged.
        """
        return cls(folder)

    @classmethod
    def open_or_create(cls, folder: Path, identity: str) -> Faceset:
        """Open the faceset of an identity, or make it.

        Raises:
            FacesetError: as `open`, or it holds another identity.
        """
        if not (folder / DATABASE).exists():
            return cls.create(folder, identity)
        faceset = cls(folder)
        if faceset.identity != identity:
            faceset.close()
            raise FacesetError(
                f"{folder} holds the faces of {faceset.identity!r}, not of {identity!r}",
                "choose another folder, or the same identity",
            )
        return faceset

    def close(self) -> None:
        """Merge the log into the database and let go of it; closing twice does nothing."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def identity(self) -> str:
        """Name of the identity whose faces these are."""
        return self.meta["identity"]

    # ---- writing ----

    def note(self, key: str, value: str) -> None:
        """Write down something about the faceset as a whole; it is in `meta` from then on."""
        with self._writing():
            writes.note(self._db, key, value)
        self.meta[key] = value

    def begin_source(self, record: SourceRecord) -> SourceState:
        """Start a source, or find how far it is: content seen before is known by its sha256.

        Crops that a killed run left without a row are removed.
        """
        with self._writing():
            state = writes.upsert_source(self._db, record)
            if not state.done:
                remove_crops_from(self._crops, state.id, state.next_frame)
        return state

    def append(self, source_id: int, batch: Sequence[FaceRecord], next_frame: int) -> list[int]:
        """Store the faces of some frames, all or none.

        Args:
            source_id: from `begin_source`.
            batch: the faces; may be empty.
            next_frame: index of the first frame not looked at yet.

        Returns:
            Ids of the faces, in order.

        Raises:
            ValueError: no such source, a face of a frame stored before or not before `next_frame`,
                or an array of the wrong shape or not finite.
        """
        for record in batch:
            check_record(record)
        with self._writing():
            writes.check_frames(self._db, source_id, batch, next_frame)
            write_crops(self._crops, source_id, batch)
            face_ids = writes.insert_faces(self._db, source_id, batch)
            writes.note_progress(self._db, source_id, next_frame)
        return face_ids

    def finish_source(self, source_id: int, frames: int) -> None:
        """Note that a source was read to its end, and how many frames it has."""
        with self._writing():
            writes.finish_source(self._db, source_id, frames)

    def note_imported(self, faces: Sequence[ImportedFace]) -> None:
        """Store what another program knew of faces; what was there of the same ones is replaced."""
        with self._writing():
            insert_imported(self._db, faces)

    def set_identities(self, vectors: Mapping[int, Vector]) -> None:
        """Store identity vectors, face id to (128,) float32; what was there is replaced."""
        with self._writing():
            writes.insert_identities(self._db, vectors)

    def set_track_person(
        self, source_id: int, number: int, person: str | None, mean_identity: Vector | None = None
    ) -> None:
        """Say whom a track shows.

        Args:
            source_id: from `begin_source`.
            number: of the track.
            person: a name, or None for not told.
            mean_identity: (128,) float32; None leaves what is stored.

        Raises:
            ValueError: no such track.
        """
        with self._writing():
            writes.update_track(self._db, source_id, number, person, mean_identity)

    def set_state(self, face_ids: Iterable[int], state: State, reason: str, by: str) -> int:
        """Keep or reject faces, as one decision in the history; nothing is deleted.

        Args:
            face_ids: the faces.
            state: "kept" or "rejected".
            reason: why, for people to read.
            by: who or what decided.

        Returns:
            How many faces changed.

        Raises:
            ValueError: a face that is not there; then none has changed.
        """
        with self._writing():
            return reviews.decide(self._db, face_ids, state, reason, by)

    def undo_last_review(self, by: str = "undo") -> int:
        """Take back the last decision that was not taken back; returns how many faces changed."""
        with self._writing():
            return reviews.take_back(self._db, by)

    # ---- reading ----

    def sources(self) -> list[StoredSource]:
        """All sources, in the order they were begun."""
        with self._reading():
            return queries.sources(self._db)

    def tracks(self) -> list[StoredTrack]:
        """All tracks, by source and number."""
        with self._reading():
            return queries.tracks(self._db)

    def reviews(self) -> list[Review]:
        """The history of decisions, oldest first."""
        with self._reading():
            return reviews.history(self._db)

    def count(self, state: State | None = "kept") -> int:
        """Number of faces in a state, or of all."""
        with self._reading():
            return queries.count(self._db, state)

    def reasons(self) -> dict[str, int]:
        """How many faces are rejected for each reason, the commonest first; "" where none was given."""
        with self._reading():
            return queries.reasons(self._db)

    def faces(self, state: State | None = "kept") -> Iterator[StoredFace]:
        """The faces in a state, or all, by source, frame and track.

        Which faces come is settled at the start: changing states while reading is safe.
        """
        with self._reading():
            ids = queries.face_ids(self._db, state)
        for start in range(0, len(ids), _PAGE):
            with self._reading():
                page = queries.faces_by_id(self._db, ids[start : start + _PAGE], self.folder)
            yield from page

    def faces_by_id(self, ids: Sequence[int]) -> list[StoredFace]:
        """Some faces, whatever their state, in the order of their ids as given; unknown ones are left out."""
        with self._reading():
            found = {face.id: face for face in queries.faces_by_id(self._db, list(ids), self.folder)}
        return [found[face_id] for face_id in ids if face_id in found]

    def masks(self) -> dict[int, str]:
        """Names of the masks that were drawn on faces, whatever their state, by face."""
        with self._reading():
            return queries.masks(self._db)

    def imported(self) -> list[ImportedFace]:
        """What another program knew of faces, by source and frame; none where nothing was imported."""
        with self._reading():
            return select_imported(self._db)

    def landmarks(self) -> Points:
        """Landmarks of the kept faces, in the order of `faces`.

        Returns:
            (n, 468, 3) float32, frame pixels.
        """
        with self._reading():
            return queries.kept_landmarks(self._db)

    def mean_identity(self) -> Vector | None:
        """Mean of the kept faces' identity vectors, not normalised: they are compared by distance.

        Returns:
            (128,) float32, or None where no kept face has a vector.
        """
        with self._reading():
            return queries.kept_mean_identity(self._db)

    def digest(self) -> str:
        """A digest of what a model would be trained on: identity, kept faces and the masks drawn on them.

        The same extraction and review give the same digest wherever the folder lies.

        Returns:
            64 hex digits.
        """
        with self._reading():
            return queries.kept_digest(self._db, self.identity)

    def problems(self) -> list[str]:
        """Look through the whole faceset for damage: one line for each thing found, none if sound."""
        with self._reading():
            return queries.damage(self._db, self._crops)

    @contextlib.contextmanager
    def _writing(self) -> Generator[None]:
        with faceset_errors(self.folder), transaction(self._db):
            yield

    @contextlib.contextmanager
    def _reading(self) -> Generator[None]:
        with faceset_errors(self.folder), row_errors(self.folder):
            yield
