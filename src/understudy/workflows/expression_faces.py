"""The faces of footage or of a faceset over time, person by person."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from understudy.core.errors import FacesetError, MediaError
from understudy.core.events import OnEvent, Progress
from understudy.core.prefetch import prefetch
from understudy.core.types import Vector
from understudy.faces.face import Face
from understudy.faces.faceset import Faceset
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import SAME_PERSON_DISTANCE, Identifier
from understudy.media.footage import open_footage
from understudy.workflows.threads import frames_ahead

_REPORT_EVERY = 25  # frames
_SHORT = 5  # frames: a track that is shorter is not worth asking whose it is


@dataclass(frozen=True, kw_only=True)
class SeenFaces:
    """All faces of a piece of footage.

    Args:
        times_s: of all frames.
        faces: track to (frame, face), in order.
        people: tracks of each person, who is seen most first.
        size_px: of the frames.
        warnings: what was wrong with the footage, a line each.
    """

    times_s: list[float]
    faces: dict[int, list[tuple[int, Face]]]
    people: list[list[int]]
    size_px: tuple[int, int]
    warnings: list[str] = field(default_factory=list[str])

    def of(self, person: int) -> list[tuple[int, Face]]:
        """(frame, face) of the person with that place, from 0; at most one a frame, the larger."""
        best: dict[int, Face] = {}
        for track in self.people[person]:
            for frame, face in self.faces[track]:
                if frame not in best or face.square.side_px > best[frame].square.side_px:
                    best[frame] = face
        return sorted(best.items())


def faces_of_footage(path: Path, on_event: OnEvent) -> SeenFaces:
    """Find and follow the faces of any footage.

    Raises:
        MediaError: it cannot be read.
        WeightsError: the networks' weights cannot be had.
    """
    times_s: list[float] = []
    faces: dict[int, list[tuple[int, Face]]] = {}
    finder = FaceFinder(on_event=on_event)
    with (
        open_footage(path) as footage,
        closing(prefetch(footage.partial(), depth=frames_ahead(footage.info))) as decoded,
    ):
        info = footage.info
        for frame, found in finder.stream(decoded):
            for face in found:
                faces.setdefault(face.track, []).append((len(times_s), face))
            times_s.append(float(frame.time_s))
            if len(times_s) % _REPORT_EVERY == 0:
                on_event(_progress(len(times_s), info.frames_hint))
        warnings = list(footage.warnings)
    on_event(_progress(len(times_s), len(times_s)))
    if info.container == "images":  # a folder of stills has no clock: 25 a second
        times_s = [number / 25 for number in range(len(times_s))]
    people = _by_person(path, faces, on_event)
    return SeenFaces(
        times_s=times_s,
        faces=faces,
        people=people,
        size_px=(info.width_px, info.height_px),
        warnings=warnings,
    )


def faces_of_faceset(folder: Path) -> SeenFaces:
    """The kept faces of a faceset, all one person's; of several pieces of footage that with most of them.

    Raises:
        FacesetError: it cannot be read, or has no kept face.
    """
    with Faceset.open(folder) as faceset:
        sources = {source.state.id: source.record for source in faceset.sources()}
        by_source: dict[int, list[tuple[float, Face]]] = {}
        for stored in faceset.faces("kept"):
            by_source.setdefault(stored.source_id, []).append((float(stored.time_s), stored.face))
    if not by_source:
        raise FacesetError(f"{folder} has no kept faces", "extract footage in which the person is seen")
    chosen = max(by_source, key=lambda source: len(by_source[source]))
    # of several faces of one moment the largest, which comes last, stays
    largest = dict(sorted(by_source[chosen], key=lambda one: one[1].square.side_px))
    times_s = sorted(largest)
    warnings = []
    if len(by_source) > 1:
        warnings.append(
            f"{folder} holds {len(by_source)} pieces of footage; {sources[chosen].path.name} is read"
        )
    return SeenFaces(
        times_s=times_s,
        faces={0: [(i, largest[time_s]) for i, time_s in enumerate(times_s)]},
        people=[[0]],
        size_px=(sources[chosen].width_px, sources[chosen].height_px),
        warnings=warnings,
    )


def clearest_vector(path: Path, seen: SeenFaces, person: int, on_event: OnEvent) -> Vector:
    """The identity vector of somebody's face where it is seen best.

    Args:
        path: the footage.
        seen: its faces.
        person: whose, as of `SeenFaces.of`.
        on_event: hears of weights that are fetched.

    Raises:
        MediaError: it changed meanwhile.
        WeightsError: the network's weights cannot be had.
    """
    return _vectors(path, {0: _clearest(seen.of(person))}, on_event)[0]


def _by_person(path: Path, faces: dict[int, list[tuple[int, Face]]], on_event: OnEvent) -> list[list[int]]:
    """Tracks of one person together, who is seen most first."""
    longest = sorted(faces, key=lambda track: -len(faces[track]))
    asked = [track for track in longest if len(faces[track]) >= _SHORT]
    if len(asked) < 2:
        return [[track] for track in longest]
    vectors = _vectors(path, {track: _clearest(faces[track]) for track in asked}, on_event)
    people: list[list[int]] = []
    for track in longest:
        home = _nearest(track, people, vectors, faces) if track in vectors else None
        if home is None:
            people.append([track])
        else:
            home.append(track)
    return sorted(people, key=lambda tracks: -sum(len(faces[track]) for track in tracks))


def _clearest(seen: Sequence[tuple[int, Face]]) -> tuple[int, Face]:
    """The frame and face that show a track best: large and from the front."""
    return max(seen, key=lambda one: one[1].square.side_px * np.cos(np.radians(float(one[1].pose_deg[0]))))


def _vectors(path: Path, wanted: dict[int, tuple[int, Face]], on_event: OnEvent) -> dict[int, Vector]:
    """Identity vectors of some faces, by track; the footage is decoded once more, up to the last."""
    identifier = Identifier(on_event)
    last = max(frame for frame, _ in wanted.values())
    found: dict[int, Vector] = {}
    with open_footage(path) as footage:
        for number, frame in enumerate(footage):
            for track, (at, face) in wanted.items():
                if at == number:
                    found[track] = identifier.vector(frame.image, face)
            if number >= last:
                break
    if len(found) < len(wanted):
        raise MediaError(f"{path} changed while it was read", "run the same command again")
    return found


def _nearest(
    track: int,
    people: list[list[int]],
    vectors: dict[int, Vector],
    faces: dict[int, list[tuple[int, Face]]],
) -> list[int] | None:
    """The person whose face a track shows; nobody is in a frame twice."""
    frames = {frame for frame, _ in faces[track]}
    best, least = None, SAME_PERSON_DISTANCE
    for tracks in people:
        if any(frames & {frame for frame, _ in faces[other]} for other in tracks):
            continue
        known = [vectors[other] for other in tracks if other in vectors]
        distance = min((float(np.linalg.norm(vectors[track] - other)) for other in known), default=np.inf)
        if distance < least:
            best, least = tracks, distance
    return best


def _progress(done: int, total: int | None) -> Progress:
    return Progress(stage="read", done=done, total=total, unit="frames")
