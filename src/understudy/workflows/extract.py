"""Footage to a faceset."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from understudy.core.errors import FacesetError
from understudy.core.events import Notice, OnEvent, Progress, ignore
from understudy.core.files import peak_rss_mb
from understudy.core.prefetch import prefetch
from understudy.core.types import Frame
from understudy.faces.crop import STORED_COVERAGE, cut, stored_size_px
from understudy.faces.face import Face
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import FaceRecord, SourceRecord
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import Identifier
from understudy.faces.people import TrackKey, TrackSummary, group_tracks
from understudy.faces.quality import reason_to_reject, sharpness
from understudy.media.footage import expand_footage, open_footage, sha256_of
from understudy.media.images import encode_jpeg
from understudy.workflows.configs import ExtractConfig, ExtractResult, Person

# tracking starts afresh at every segment: it is what one transaction holds, and because nothing is
# carried over, an interrupted extraction ends with the same faceset as an undisturbed one
SEGMENT_FRAMES = 240
IDENTIFY_EVERY = 40  # frames between two identity vectors of a track: 25 ms each

_ANOTHER_PERSON = "another person"


def run(config: ExtractConfig, on_event: OnEvent = ignore) -> ExtractResult:
    """Find, align and store the faces of the one person seen most; continue where a run stopped.

    Faces of other people are stored as rejected, with the reason; nothing is deleted.

    Raises:
        MediaError: a piece of footage cannot be read.
        WeightsError: the networks' weights cannot be had.
        FacesetError: the folder is something else, or no face was found.
    """
    started = time.monotonic()
    footage = expand_footage(list(config.footage))
    with Faceset.open_or_create(config.faceset, config.identity or config.faceset.name) as faceset:
        extraction = _Extraction(faceset, config.every, on_event)
        for path in footage:
            extraction.add(path)
        people = _keep_largest_person(faceset)
        kept, rejected = faceset.count("kept"), faceset.count("rejected")
    if not people:
        raise FacesetError(
            f"no face was found in {', '.join(str(path) for path in config.footage)}",
            "use footage in which the face is at least 40 px high and seen from the front or half profile",
        )
    if len(people) > 1:
        extraction.warn(
            f"{len(people)} people were seen; kept the one with most faces ({people[0].faces}), "
            "the others are in the faceset as rejected"
        )
    seconds = time.monotonic() - started
    return ExtractResult(
        faceset=config.faceset,
        frames=extraction.frames,
        faces=kept,
        rejected=rejected,
        people=[replace(people[0], path=config.faceset), *people[1:]],
        fps=extraction.frames / max(seconds, 1e-9),
        seconds=seconds,
        peak_rss_mb=peak_rss_mb(),
        warnings=extraction.warnings,
    )


class _Extraction:
    """The networks, and the faceset that they fill."""

    def __init__(self, faceset: Faceset, every: int, on_event: OnEvent) -> None:
        self._faceset, self._every, self._on_event = faceset, every, on_event
        self._finder = FaceFinder(on_event=on_event)
        self._identifier = Identifier(on_event)
        self.frames = 0
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)
        self._on_event(Notice(message=message))

    def add(self, path: Path) -> None:
        """Store the faces of one piece of footage, from where an earlier run stopped."""
        digest = sha256_of(path)
        with open_footage(path) as footage:
            info = footage.info
            state = self._faceset.begin_source(
                SourceRecord(
                    path=path,
                    sha256=digest,
                    rate=info.average_rate_hz,
                    time_base=info.time_base,
                    width_px=info.width_px,
                    height_px=info.height_px,
                )
            )
            if state.done:
                self.frames += state.next_frame
                return
            total = info.frames_hint
            seen, next_track = state.next_frame, state.next_track
            wanted = (f for f in footage if f.index >= state.next_frame and f.index % self._every == 0)
            frames = iter(prefetch(wanted, depth=8))
            while segment := self._segment(frames, next_track):
                next_track = max((r.face.track for r in segment.records), default=next_track - 1) + 1
                seen = segment.next_frame
                self._faceset.append(state.id, segment.records, seen)
                self.frames += segment.frames
                self._on_event(
                    Progress(
                        stage=f"extract {path.name}",
                        done=seen,
                        total=max(total, seen) if total else None,
                        unit="frames",
                    )
                )
            self._faceset.finish_source(state.id, seen)
            for message in footage.warnings:
                self.warn(message)

    def _segment(self, frames: Iterator[Frame], first_track: int) -> _Segment | None:
        """Find the faces of the next frames; None at the end."""
        taken = list(itertools.islice(frames, 1))
        if not taken:
            return None
        rest = itertools.islice(frames, SEGMENT_FRAMES - 1)
        found = prefetch(self._finder.stream(itertools.chain(taken, rest)), depth=8)
        segment = _Segment()
        last_vector: dict[int, int] = {}
        for frame, faces in found:
            segment.frames += 1
            segment.next_frame = frame.index + 1
            for face in faces:
                due = frame.index - last_vector.get(face.track, -IDENTIFY_EVERY) >= IDENTIFY_EVERY
                identity = self._identifier.vector(frame.image, face) if due else None
                if due:
                    last_vector[face.track] = frame.index
                numbered = replace(face, track=first_track + face.track, identity=identity)
                segment.records.append(_record(frame, numbered))
        return segment


class _Segment:
    """What one transaction stores."""

    def __init__(self) -> None:
        self.records: list[FaceRecord] = []
        self.frames = 0
        self.next_frame = 0


def _record(frame: Frame, face: Face) -> FaceRecord:
    size = stored_size_px(face.square)
    crop = cut(frame.image, face.square.crop_from_frame(size, STORED_COVERAGE), size)
    reason = reason_to_reject(face)
    quality = {"sharpness": sharpness(crop), "side_px": face.square.side_px}
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


def _keep_largest_person(faceset: Faceset) -> list[Person]:
    """Group tracks into people and reject all but the first; largest first."""
    faces: dict[TrackKey, list[int]] = defaultdict(list)
    vectors: dict[TrackKey, list[np.ndarray]] = defaultdict(list)
    for stored in faceset.faces(None):
        key = (stored.source_id, stored.track)
        faces[key].append(stored.id)
        if stored.face.identity is not None:
            vectors[key].append(stored.face.identity)
    means = {key: np.mean(rows, axis=0).astype(np.float32) for key, rows in vectors.items()}
    summaries = {key: TrackSummary(faces=len(ids), identity=means.get(key)) for key, ids in faces.items()}
    people: list[Person] = []
    kept_before = {stored.id for stored in faceset.faces("kept")}
    for number, group in enumerate(group_tracks(summaries)):
        name = faceset.identity if number == 0 else f"person {number + 1}"
        for source_id, track in group:
            faceset.set_track_person(source_id, track, name, means.get((source_id, track)))
        ids = [face_id for key in group for face_id in faces[key]]
        people.append(Person(name=name, faces=len(ids), path=None))
        if number > 0 and (rejected := [i for i in ids if i in kept_before]):
            faceset.set_state(rejected, "rejected", _ANOTHER_PERSON, by="extract")
    return people
