"""Footage to a faceset."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from understudy.core.errors import FacesetError
from understudy.core.events import Notice, OnEvent, Progress, ignore
from understudy.core.files import peak_rss_mb
from understudy.core.prefetch import prefetch
from understudy.core.types import Frame, Vector
from understudy.faces.crop import STORED_COVERAGE, cut, stored_size_px
from understudy.faces.face import Face
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import FaceRecord, SourceRecord, SourceState, State, StoredFace
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import Identifier
from understudy.faces.people import TrackKey, TrackSummary, group_tracks
from understudy.faces.quality import reason_to_reject, sharpness
from understudy.media.footage import expand_footage, open_footage, sha256_of
from understudy.media.images import encode_jpeg
from understudy.media.info import VideoInfo
from understudy.workflows.configs import ExtractConfig, ExtractResult, Person
from understudy.workflows.frame_choice import FrameChoice
from understudy.workflows.threads import single_threaded_opencv

# tracking starts afresh at every segment: it is what one transaction holds, and because nothing is
# carried over, an interrupted extraction ends with the same faceset as an undisturbed one
SEGMENT_FRAMES = 240
IDENTIFY_EVERY = 40  # frames between two identity vectors of a track: 25 ms each

_ANOTHER_PERSON = "another person"
_BY = "extract"


def run(config: ExtractConfig, on_event: OnEvent = ignore) -> ExtractResult:
    """Find, align and store the faces of the one person seen most; continue where a run stopped.

    Faces of other people are stored as rejected, with the reason; nothing is deleted.

    Raises:
        ConfigError: a setting makes no sense, or the faceset was made with another choice of frames.
        MediaError: a piece of footage cannot be read.
        WeightsError: the networks' weights cannot be had.
        FacesetError: the folder is something else, or no face was found.
    """
    started = time.monotonic()
    choice = FrameChoice.checked(config.every, config.from_s, config.to_s)
    footage = expand_footage(list(config.footage))
    # what cannot be read is told before a faceset is made
    choice.check_reaches([_info_of(path) for path in footage])
    with Faceset.open_or_create(config.faceset, config.identity or config.faceset.name) as faceset:
        choice.remember(faceset)
        extraction = _Extraction(faceset, choice, on_event)
        with single_threaded_opencv():
            for path in footage:
                extraction.add(path)
        people = _keep_largest_person(faceset)
        kept, rejected = faceset.count("kept"), faceset.count("rejected")
    if kept == 0:
        raise FacesetError(
            f"no usable face was found in {', '.join(str(path) for path in config.footage)}",
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
        frames=extraction.frames_before + extraction.frames,
        faces=kept,
        rejected=rejected,
        people=[replace(people[0], path=config.faceset), *people[1:]],
        fps=extraction.frames / max(seconds, 1e-9),
        seconds=seconds,
        peak_rss_mb=peak_rss_mb(),
        warnings=extraction.warnings,
    )


class _Extraction:
    """The networks, and the faceset that they fill.

    Args:
        frames: looked at in this run.
        frames_before: looked at in earlier runs.
    """

    def __init__(self, faceset: Faceset, choice: FrameChoice, on_event: OnEvent) -> None:
        self._faceset, self._choice, self._on_event = faceset, choice, on_event
        self.frames = self.frames_before = 0
        self.warnings: list[str] = []

    @cached_property
    def _finder(self) -> FaceFinder:
        return FaceFinder(on_event=self._on_event)

    @cached_property
    def _identifier(self) -> Identifier:
        return Identifier(self._on_event)

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
        self.frames_before += self._choice.looked_at(self._faceset, state.id, state.next_frame)
        # one without a frame in the range asks for no more than reading it again, maybe for another range
        if state.done and state.next_frame > 0:
            return
        with open_footage(path, start_index=state.next_frame, start_s=self._choice.from_s) as footage:
            with closing(prefetch(self._choice.of(footage, info), depth=8)) as frames:
                self._store(frames, state, path.name, info.frames_hint)
            for message in footage.warnings:
                self.warn(message)

    def _store(self, frames: Iterator[Frame], state: SourceState, name: str, total: int | None) -> None:
        """Find faces in frames and store them, a segment at a time."""
        seen, next_track = state.next_frame, state.next_track
        while segment := self._segment(frames, next_track):
            if seen == 0:
                self._choice.note_first(self._faceset, state.id, segment.first_frame)
            next_track = max((r.face.track for r in segment.records), default=next_track - 1) + 1
            seen = segment.next_frame
            self._faceset.append(state.id, segment.records, seen)
            self.frames += segment.frames
            whole = max(total, seen) if total else None
            self._on_event(Progress(stage=f"extract {name}", done=seen, total=whole, unit="frames"))
        self._faceset.finish_source(state.id, seen)

    def _segment(self, frames: Iterator[Frame], first_track: int) -> _Segment | None:
        """Find the faces of the next frames; None at the end."""
        taken = list(itertools.islice(frames, 1))
        if not taken:
            return None
        some = itertools.chain(taken, itertools.islice(frames, SEGMENT_FRAMES - 1))
        segment = _Segment()
        last_vector: dict[int, int] = {}
        with closing(prefetch(self._finder.stream(some), depth=8)) as found:
            for frame, faces in found:
                segment.first_frame = frame.index if segment.frames == 0 else segment.first_frame
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
        self.first_frame = self.next_frame = 0


def _info_of(path: Path) -> VideoInfo:
    with open_footage(path) as footage:
        return footage.info


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
    """Group tracks into people and reject all but the one with most usable faces; largest first.

    What somebody else than this workflow decided about a face stays as it is.
    """
    tracks: dict[TrackKey, _Track] = defaultdict(_Track)
    for stored in faceset.faces(None):
        track = tracks[(stored.source_id, stored.track)]
        track.frames.append(stored.frame_index)
        if stored.reason in ("", _ANOTHER_PERSON):
            track.usable.append(stored)
        if stored.face.identity is not None:
            track.vectors.append(stored.face.identity)
    summaries = {key: track.summary for key, track in tracks.items()}
    reviewed = {review.face_id for review in faceset.reviews() if review.by != _BY}
    people: list[Person] = []
    for number, group in enumerate(group_tracks(summaries)):
        name = faceset.identity if number == 0 else f"person {number + 1}"
        for key in group:
            faceset.set_track_person(*key, name, summaries[key].identity)
        usable = [stored for key in group for stored in tracks[key].usable]
        people.append(Person(name=name, faces=len(usable), path=None))
        state: State = "kept" if number == 0 else "rejected"
        changed = [s.id for s in usable if s.state != state and s.id not in reviewed]
        if changed:
            faceset.set_state(changed, state, "" if number == 0 else _ANOTHER_PERSON, by=_BY)
    return people


@dataclass
class _Track:
    frames: list[int] = field(default_factory=list[int])
    usable: list[StoredFace] = field(default_factory=list[StoredFace])
    vectors: list[Vector] = field(default_factory=list[Vector])

    @property
    def summary(self) -> TrackSummary:
        vectors = np.array(self.vectors, np.float32).reshape(-1, 128)
        return TrackSummary(faces=len(self.usable), vectors=vectors, frames=frozenset(self.frames))
