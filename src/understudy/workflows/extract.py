"""Footage to a faceset."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path

from understudy.core.allocator import keep_freed_memory
from understudy.core.errors import ConfigError, FacesetError
from understudy.core.events import Notice, OnEvent, Progress, ignore
from understudy.core.files import peak_rss_mb
from understudy.core.picture import AnyFrame
from understudy.core.prefetch import prefetch
from understudy.core.shown import shown
from understudy.faces.face import Face
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import FaceRecord, SourceRecord, SourceState
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import Identifier
from understudy.media.footage import expand_footage, open_footage, sha256_of
from understudy.media.info import VideoInfo
from understudy.workflows.choices import PEOPLE, nearest
from understudy.workflows.configs import ExtractConfig, ExtractResult
from understudy.workflows.face_tally import tally_faces
from understudy.workflows.frame_choice import FrameChoice
from understudy.workflows.reference import reference_vectors
from understudy.workflows.segment import Segment
from understudy.workflows.sort_people import sort_people
from understudy.workflows.threads import frames_ahead, single_threaded_opencv

# tracking starts afresh at every segment: it is what one transaction holds, and because nothing is
# carried over, an interrupted extraction ends with the same faceset as an undisturbed one
SEGMENT_FRAMES = 240


def run(config: ExtractConfig, on_event: OnEvent = ignore) -> ExtractResult:
    """Find, align and store everybody's faces and keep one person's; continue where a run stopped.

    The one kept is who is seen most, or who the reference shows. Faces of other people and what is plainly
    of no use are stored as rejected, with the reason; nothing is deleted. With `people` "all", each
    gets a faceset of their own below the folder, too.

    Raises:
        ConfigError: a setting makes no sense, or the faceset was made with another choice of frames.
        MediaError: a piece of footage cannot be read.
        WeightsError: the networks' weights cannot be had.
        FacesetError: the folder is something else, or no face was found.
    """
    started = time.monotonic()
    choice = FrameChoice.checked(config.every, config.from_s, config.to_s)
    footage = expand_footage(list(config.footage))
    if config.people not in PEOPLE:
        raise ConfigError(f"people is {config.people!r}", nearest(config.people, PEOPLE))
    if config.only is not None and config.people == "all":
        raise ConfigError(
            "only one person and all people were asked for", "leave out one of --only and --people"
        )
    # what cannot be read is told before a faceset is made
    infos = [_info_of(path) for path in footage]
    choice.check_reaches(infos)
    reference = None if config.only is None else reference_vectors(config.only, on_event)
    identity = config.identity or config.faceset.name
    if identity != shown(identity):
        raise ConfigError(f"the name {shown(identity)!r} is no text", "name the person with --identity")
    with Faceset.open_or_create(config.faceset, identity) as faceset:
        choice.remember(faceset)
        extraction = _Extraction(faceset, choice, on_event)
        for message in choice.doubts(infos):
            extraction.warn(message)
        keep_freed_memory()
        with single_threaded_opencv():
            for path in footage:
                extraction.add(path)
            people = sort_people(faceset, config, reference, extraction.warn, on_event)
        tally = tally_faces(faceset, people)
    if tally.kept == 0:
        raise FacesetError(
            f"no usable face was found in {', '.join(str(path) for path in config.footage)}",
            "use footage in which the face is at least 40 px high and seen from the front or half profile",
        )
    seconds = time.monotonic() - started
    return ExtractResult(
        faceset=config.faceset,
        frames=extraction.frames_before + extraction.frames,
        faces=tally.kept,
        rejected=sum(tally.reasons.values()),
        people=people,
        fps=extraction.frames / max(seconds, 1e-9),
        seconds=seconds,
        peak_rss_mb=peak_rss_mb(),
        warnings=extraction.warnings,
        reasons=tally.reasons,
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
        before = self._choice.looked_at(self._faceset, state.id, state.next_frame)
        self.frames_before += before
        # one without a frame in the range asks for no more than reading it again, maybe for another range
        if state.done and state.next_frame > 0:
            self._on_event(Notice(message=f"{path.name} was done already", is_warning=False))
            return
        with open_footage(path, start_index=state.next_frame, start_s=self._choice.from_s) as footage:
            chosen = self._choice.of(footage.partial(), info)
            with closing(prefetch(chosen, depth=frames_ahead(info))) as frames:
                self._store(frames, state, f"extract {path.name}", before, self._choice.expected(info))
            for message in footage.warnings:
                self.warn(message)

    def _store(
        self, frames: Iterator[AnyFrame], state: SourceState, stage: str, done: int, total: int | None
    ) -> None:
        """Find faces in frames and store them, a segment at a time.

        Args:
            frames: those that are left.
            state: of their source.
            stage: what progress is called.
            done: frames looked at in earlier runs.
            total: all that will be looked at, as far as is known.
        """
        seen, stopped = state.next_frame, threading.Event()
        segments = prefetch(self._segments(frames, state.next_track, stopped), depth=1)
        with closing(segments), _setting(stopped):
            for segment, records in segments:
                if seen == 0:
                    self._choice.note_first(self._faceset, state.id, segment.first_frame)
                seen = segment.next_frame
                self._faceset.append(state.id, records, seen)
                self.frames += segment.frames
                done += segment.frames
                whole = max(total, done) if total else None
                self._on_event(Progress(stage=stage, done=done, total=whole, unit="frames"))
        if done and (total is None or total > done):  # there were fewer than the container said
            self._on_event(Progress(stage=stage, done=done, total=done, unit="frames"))
        self._faceset.finish_source(state.id, seen)

    def _segments(
        self, frames: Iterator[AnyFrame], next_track: int, stopped: threading.Event
    ) -> Iterator[tuple[Segment, list[FaceRecord]]]:
        """What each of the next segments holds; finding faces has a thread of its own.

        Once `stopped` is set nothing more comes, not even what has been begun.
        """
        with closing(prefetch(self._tracked(frames), depth=4)) as tracked:
            for _, items in itertools.groupby(tracked, key=lambda item: item[0]):
                segment = Segment(self._identifier, next_track)
                for frame, faces in self._finder.steadied((frame, faces) for _, frame, faces in items):
                    if stopped.is_set():
                        return
                    segment.add(frame, faces)
                records = segment.records()
                next_track = max((r.face.track for r in records), default=next_track - 1) + 1
                yield segment, records

    def _tracked(self, frames: Iterator[AnyFrame]) -> Iterator[tuple[int, AnyFrame, list[Face]]]:
        """The frames with their faces and the number of their segment, at whose start tracking starts."""
        for number in itertools.count():
            some = itertools.islice(frames, SEGMENT_FRAMES)
            first = next(some, None)
            if first is None:
                return
            for frame, faces in self._finder.tracked(itertools.chain([first], some)):
                yield number, frame, faces


@contextmanager
def _setting(event: threading.Event) -> Generator[None]:
    """Set an event on the way out, however that comes."""
    try:
        yield
    finally:
        event.set()


def _info_of(path: Path) -> VideoInfo:
    with open_footage(path) as footage:
        return footage.info
