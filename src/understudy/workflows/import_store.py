"""Find the meshes of imported faces, cut their crops and store them, a segment at a time."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from understudy.core.events import Notice, OnEvent, Progress
from understudy.core.prefetch import prefetch
from understudy.core.types import Image
from understudy.faces.crop import STORED_COVERAGE, cut, stored_size_px
from understudy.faces.face import Face
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_imported import ImportedFace
from understudy.faces.faceset_records import FaceRecord, SourceRecord, SourceState
from understudy.faces.foreign.folder import FoundFaces
from understudy.faces.foreign.grouping import ForeignFootage
from understudy.faces.identify import Identifier
from understudy.faces.landmark import MeshNetwork
from understudy.faces.quality import reason_to_reject, sharpness
from understudy.faces.refit import crop_from_image, disagreement, refit, seen_share
from understudy.faces.smooth import smooth_stream
from understudy.faces.weights import weights_path
from understudy.media.images import encode_jpeg
from understudy.workflows.import_pictures import TIME_BASE, Shown, ShownFrame, info_of, shown_frames
from understudy.workflows.import_result import ImportConfig
from understudy.workflows.import_tracks import ImportedTracks

SEGMENT_FRAMES = 240  # as in extraction: what one transaction holds; nothing is carried over its border
IDENTIFY_EVERY = 40  # faces of a track between two identity vectors
LARGEST_GAP = 0.1  # sides of the face between landmarks and mesh; above, they are of different faces
DISAGREES = "landmarks and mesh disagree"

_TRACK_PX = 48  # side of the crop by which faces are followed


@dataclass(slots=True, kw_only=True)
class _Seen:
    """A face whose mesh was found, with all that its record needs."""

    shown: Shown
    in_image: Face


@dataclass(slots=True, kw_only=True)
class _SeenFrame:
    """A frame whose faces were looked at, by track."""

    frame: ShownFrame
    by_track: dict[int, _Seen]


@dataclass(slots=True)
class _Segment:
    """What one transaction stores."""

    records: list[FaceRecord] = field(default_factory=list[FaceRecord])
    imported: list[ImportedFace] = field(default_factory=list[ImportedFace])
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
    """

    def __init__(
        self, faceset: Faceset, config: ImportConfig, found: FoundFaces, digest: str, on_event: OnEvent
    ) -> None:
        """Load nothing yet: what was imported before needs no networks."""
        self._faceset, self._config, self._on_event = faceset, config, on_event
        self._found, self._digest = found, digest
        self.warnings: list[str] = []

    @cached_property
    def _landmarker(self) -> MeshNetwork:
        names = ("face_landmark.tflite", "iris_landmark.tflite")
        return MeshNetwork(*(weights_path(name, self._on_event) for name in names))

    @cached_property
    def _identifier(self) -> Identifier:
        return Identifier(self._on_event)

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
                sha256=hashlib.sha256(f"{self._digest}\0{group.name}".encode()).hexdigest(),
                rate=info.average_rate_hz if info else None,
                time_base=info.time_base if info else TIME_BASE,
                width_px=width,
                height_px=height,
            )
        )
        if state.done:
            name = group.name or self._config.faces
            message = f"{name} was imported already; another --out imports it anew"
            self._on_event(Notice(message=message, is_warning=False))
            return
        problems: list[str] = []
        shown = shown_frames(group, self._config.frames, state.next_frame, problems)
        with closing(prefetch(shown, depth=4)) as frames:
            self._store(frames, state, group)
        for message in problems:
            self.warn(message)

    def _store(self, frames: Iterator[ShownFrame], state: SourceState, group: ForeignFootage) -> None:
        total = len(group.frames)
        done = sum(frame.index < state.next_frame for frame in group.frames)
        next_track, seen = state.next_track, state.next_frame
        while segment := self._segment(frames, state.id, next_track, group.usual_step):
            # first, so that after a kill no face is without them; written anew, they replace what is there
            self._faceset.note_imported(segment.imported)
            self._faceset.append(state.id, segment.records, segment.next_frame)
            next_track = max((r.face.track for r in segment.records), default=next_track - 1) + 1
            seen, done = segment.next_frame, done + segment.frames
            self._on_event(Progress(stage="import faces", done=done, total=total, unit="frames"))
        self._faceset.finish_source(state.id, seen)

    def _segment(
        self, frames: Iterator[ShownFrame], source_id: int, first_track: int, step: int
    ) -> _Segment | None:
        taken = list(itertools.islice(frames, 1))
        if not taken:
            return None
        segment = _Segment()
        tracks = ImportedTracks(largest_gap=step, first=first_track)
        some = itertools.chain(taken, itertools.islice(frames, SEGMENT_FRAMES - 1))
        looked_at = (self._look(frame, tracks, segment, source_id) for frame in some)
        identified: Counter[int] = Counter()
        for seen_frame, faces in smooth_stream(looked_at):
            for face in faces:
                seen = seen_frame.by_track[face.track]
                due = identified[face.track] % IDENTIFY_EVERY == 0
                identified[face.track] += 1
                vector = self._identifier.vector(seen.shown.image, seen.in_image) if due else None
                segment.records.append(_record(seen_frame.frame, seen, replace(face, identity=vector)))
        return segment

    def _look(
        self, frame: ShownFrame, tracks: ImportedTracks, segment: _Segment, source_id: int
    ) -> tuple[_SeenFrame, list[Face]]:
        """Find the meshes of a frame's faces; what could not be found is noted all the same."""
        segment.frames += 1
        segment.next_frame = frame.index + 1
        for reason, names in frame.missing.items():
            for name in names:
                self._found.leave_out(name, reason)
        meshes = [
            refit(self._landmarker, shown.image, shown.landmarks_px, shown.frame_from_image)
            for shown in frame.faces
        ]
        pairs = [(n, faces) for n, faces in enumerate(meshes) if faces is not None]
        crops = [(face, _small_crop(frame.faces[n], face)) for n, (_, face) in pairs]
        numbers = tracks.follow(frame.index, crops)
        by_face = {n: track for (n, _), track in zip(pairs, numbers, strict=True)}
        segment.imported += [
            _imported(source_id, frame.index, n, by_face.get(n), shown) for n, shown in enumerate(frame.faces)
        ]
        by_track: dict[int, _Seen] = {}
        tracked: list[Face] = []
        for (n, (in_image, in_frame)), track in zip(pairs, numbers, strict=True):
            by_track[track] = _Seen(shown=frame.faces[n], in_image=in_image)
            tracked.append(replace(in_frame, track=track))
        return _SeenFrame(frame=frame, by_track=by_track), tracked


def _record(frame: ShownFrame, seen: _Seen, face: Face) -> FaceRecord:
    shown = seen.shown
    size = _crop_size_px(shown, face)
    matrix = crop_from_image(face.square, size, STORED_COVERAGE, shown.frame_from_image)
    crop = cut(shown.image, matrix, size)
    gap = disagreement(face, shown.face.landmarks_px)
    reason = reason_to_reject(face) or (DISAGREES if gap > LARGEST_GAP else "")
    quality = {
        "sharpness": sharpness(crop),
        "side_px": face.square.side_px,
        "landmark_gap": gap,
        "seen_share": seen_share(matrix, size, shown.image),
    }
    return FaceRecord(
        face=replace(face, quality=quality),
        frame_index=frame.index,
        pts=frame.pts,
        time_base=frame.time_base,
        crop_jpeg=encode_jpeg(crop),
        crop_size_px=size,
        crop_coverage=STORED_COVERAGE,
        state="rejected" if reason else "kept",
        reason=reason,
    )


def _crop_size_px(shown: Shown, face: Face) -> int:
    """Side of the crop that keeps what the picture has, and no more than the frame had."""
    scale = float(np.hypot(shown.frame_from_image[0, 0], shown.frame_from_image[1, 0]))
    in_image = replace(face.square, side_px=face.square.side_px / max(scale, 1.0))
    return stored_size_px(in_image)


def _small_crop(shown: Shown, face: Face) -> Image:
    matrix = crop_from_image(face.square, _TRACK_PX, STORED_COVERAGE, shown.frame_from_image)
    return cut(shown.image, matrix, _TRACK_PX)


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
