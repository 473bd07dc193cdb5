"""Store imported faces, a segment at a time, as extraction does."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property

from understudy.core.errors import ConfigError
from understudy.core.events import Notice, OnEvent, Progress
from understudy.core.prefetch import prefetch
from understudy.faces.face import Face
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_imported import ImportedFace
from understudy.faces.faceset_records import FaceRecord, SourceRecord, SourceState
from understudy.faces.foreign.folder import FoundFaces
from understudy.faces.foreign.grouping import ForeignFootage
from understudy.faces.smooth import smooth_stream
from understudy.media.footage import sha256_of
from understudy.workflows.import_look import ImportLook, LookedAt
from understudy.workflows.import_pictures import TIME_BASE, Shown, ShownFrame, info_of, shown_frames
from understudy.workflows.import_result import ImportConfig
from understudy.workflows.import_tracks import ImportedTracks
from understudy.workflows.segment import Segment

SEGMENT_FRAMES = 240  # as in extraction: what one transaction holds; nothing is carried over its border
_FRAMES = "import_frames_{}"  # key in the faceset, with the id of a source: digest of what crops are cut from

_MISSING = "import_left_out_{}_"  # the same, and the first frame of a segment; see `ShownFrame.missing`


@dataclass(slots=True, kw_only=True)
class _SeenFrame:
    """A frame whose faces were looked at, by track."""

    frame: ShownFrame
    by_track: dict[int, LookedAt]


@dataclass(slots=True)
class _Stored:
    """What one transaction stores."""

    records: list[FaceRecord] = field(default_factory=list[FaceRecord])
    imported: list[ImportedFace] = field(default_factory=list[ImportedFace])
    missing: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    frames: int = 0
    next_frame: int = 0


class ImportStore:
    """The networks, and the faceset that they fill.

    Args:
        faceset: to fill.
        config: of the import.
        found: gets what is left out.
        digest: of what is imported; with the name of the footage it tells what was imported before.
        on_event: hears of progress and warnings.

    Attributes:
        source_ids: of the footage that was added.
    """

    def __init__(
        self, faceset: Faceset, config: ImportConfig, found: FoundFaces, digest: str, on_event: OnEvent
    ) -> None:
        """Load nothing yet: what was imported before needs no networks."""
        self._faceset, self._config, self._on_event = faceset, config, on_event
        self._found, self._digest = found, digest
        self._look_at = ImportLook(on_event)
        self.warnings: list[str] = []
        self.source_ids: set[int] = set()

    def warn(self, message: str) -> None:
        """Tell the user something, now and in the result."""
        self.warnings.append(message)
        self._on_event(Notice(message=message))

    def add(self, group: ForeignFootage) -> None:
        """Store the faces of one piece of footage, from where an earlier run stopped."""
        info = info_of(self._config.frames)
        width, height = (info.width_px, info.height_px) if info else group.size_px
        state = self._faceset.begin_source(
            SourceRecord(
                path=self._config.frames or self._config.faces,
                sha256=hashlib.sha256(
                    f"{self._digest}\0{group.name}".encode(errors="surrogatepass")
                ).hexdigest(),
                rate=info.average_rate_hz if info else None,
                time_base=info.time_base if info else TIME_BASE,
                width_px=width,
                height_px=height,
            )
        )
        self.source_ids.add(state.id)
        self._fill(state, group)
        for key, missing in self._faceset.meta.items():
            if key.startswith(_MISSING.format(state.id)):  # in this run or before
                for reason, names in json.loads(missing).items():
                    for name in names:
                        self._found.leave_out(name, reason)

    def _fill(self, state: SourceState, group: ForeignFootage) -> None:
        if state.done:
            name = group.name or self._config.faces
            message = f"{name} was imported already; another --out imports it anew"
            self._on_event(Notice(message=message, is_warning=False))
            return
        self._remember_frames(state)
        problems: list[str] = []
        shown = shown_frames(group, self._config.frames, state.next_frame, problems)
        with closing(prefetch(shown, depth=4)) as frames:
            self._store(frames, state, group)
        for message in problems:
            self.warn(message)

    @cached_property
    def _frames_digest(self) -> str:
        """Of what the crops are cut from; "" where that is the imported pictures."""
        return "" if self._config.frames is None else sha256_of(self._config.frames)

    def _remember_frames(self, state: SourceState) -> None:
        """Note what an unfinished source is cut from; raises ConfigError where it was something else."""
        note, here = _FRAMES.format(state.id), self._frames_digest
        before = self._faceset.meta.get(note)
        if state.next_frame > 0 and before is not None and before != here:
            made = "without --frames" if not before else "with other --frames" if here else "with --frames"
            raise ConfigError(
                f"{self._faceset.folder} holds a part of this import that was made {made}",
                "give the same as before, or choose another folder",
            )
        if before != here:
            self._faceset.note(note, here)

    def _store(self, frames: Iterator[ShownFrame], state: SourceState, group: ForeignFootage) -> None:
        total = len(group.frames)
        done = sum(frame.index < state.next_frame for frame in group.frames)
        next_track, seen = state.next_track, state.next_frame
        while segment := self._segment(frames, state.id, next_track, group.usual_step):
            # first, so that after a kill no face is without them; written anew, they replace what is there
            self._faceset.note_imported(segment.imported)
            note = f"{_MISSING.format(state.id)}{seen}"
            if segment.missing or note in self._faceset.meta:
                self._faceset.note(note, json.dumps(segment.missing))
            self._faceset.append(state.id, segment.records, segment.next_frame)
            next_track = max((r.face.track for r in segment.records), default=next_track - 1) + 1
            seen, done = segment.next_frame, done + segment.frames
            self._on_event(Progress(stage="import faces", done=done, total=total, unit="frames"))
        self._faceset.finish_source(state.id, seen)

    def _segment(
        self, frames: Iterator[ShownFrame], source_id: int, first_track: int, step: int
    ) -> _Stored | None:
        taken = list(itertools.islice(frames, 1))
        if not taken:
            return None
        stored = _Stored()
        tracks = ImportedTracks(largest_gap=step, first=first_track)
        some = itertools.chain(taken, itertools.islice(frames, SEGMENT_FRAMES - 1))
        looked_at = (self._look(frame, tracks, stored, source_id) for frame in some)
        segment = Segment(self._look_at.identifier, first_track)
        for seen, faces in smooth_stream(looked_at):
            for face in faces:
                segment.take(self._look_at.shown_face(seen.frame, seen.by_track[face.track], face))
        stored.records = segment.records()
        return stored

    def _look(
        self, frame: ShownFrame, tracks: ImportedTracks, stored: _Stored, source_id: int
    ) -> tuple[_SeenFrame, list[Face]]:
        """Find the meshes of a frame's faces; what could not be found is noted all the same."""
        stored.frames += 1
        stored.next_frame = frame.index + 1
        for reason, names in frame.missing.items():
            stored.missing.setdefault(reason, []).extend(names)
        found = [self._look_at.look(shown) for shown in frame.faces]
        seen = [(number, face) for number, face in enumerate(found) if face is not None]
        numbers = tracks.follow(frame.index, [(face.in_frame, face.patch()) for _, face in seen])
        by_number = {number: track for (number, _), track in zip(seen, numbers, strict=True)}
        stored.imported += [
            _imported(source_id, frame.index, number, by_number.get(number), shown)
            for number, shown in enumerate(frame.faces)
        ]
        by_track = {track: face for (_, face), track in zip(seen, numbers, strict=True)}
        tracked = [replace(face.in_frame, track=track) for track, face in by_track.items()]
        # without the pictures: many frames wait here for those after them
        return _SeenFrame(frame=replace(frame, faces=[]), by_track=by_track), tracked


def _imported(source_id: int, frame_index: int, number: int, track: int | None, shown: Shown) -> ImportedFace:
    face = shown.face
    return ImportedFace(
        source_id=source_id,
        frame_index=frame_index,
        number=number,
        track=track,
        program=face.program,
        file=face.file.name,
        frame_name=face.source_name,
        face_type=face.face_type,
        landmarks_px=face.landmarks_px,
        aligned_from_frame=face.aligned_from_frame,
        aligned_px=face.aligned_px,
        polygons=face.polygons,
    )
