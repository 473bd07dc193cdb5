"""Who is who among the faces that extraction found, whose are kept, and which of theirs are of no use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field

import numpy as np

from understudy.core.types import Vector
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import State, StoredFace
from understudy.faces.faults import BLURRED, FAULTS, HIDDEN, crispness, fault_of, is_blurred, is_rare
from understudy.faces.people import TrackKey, TrackSummary, group_tracks
from understudy.faces.quality import portrait_score

ANOTHER_PERSON = "another person"
BY = "extract"
# Fewer faces than these are no person of their own: shares of all and of the one seen most, so that few
# frames of a long clip tell the same as all of them, but no more than so many.
_SMALLEST_SHARE, _SHARE_OF_LARGEST, _FEWEST_FACES = 0.03, 0.2, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFace:
    """What telling people apart needs to know of a stored face.

    Args:
        id: in the faceset.
        source_id: where it is from.
        state: "kept" or "rejected".
        reason: why it is rejected, "" where it is not.
        view: yaw and pitch in degrees.
        sharpness: see `faces.quality`.
        crispness: see `faces.faults`.
    """

    id: int
    source_id: int
    state: State
    reason: str
    view: tuple[float, float]
    sharpness: float
    crispness: float


@dataclass(slots=True, kw_only=True)
class FoundPerson:
    """One person, or all who are seen too rarely to be one.

    Args:
        name: what they are called.
        tracks: theirs.
        faces: the usable ones.
        faulty: those of no use, by the reason.
        vectors: (n, 128) identity vectors of some of their faces.
        means: mean vector of each track, None where it has none.
    """

    name: str = ""
    tracks: list[TrackKey]
    faces: list[SeenFace]
    faulty: dict[str, list[SeenFace]]
    vectors: Vector
    means: list[Vector | None]


@dataclass(slots=True, kw_only=True)
class FoundPeople:
    """Everybody in a faceset; all faces but those of `people` are in `others`."""

    people: list[FoundPerson]
    others: FoundPerson


def find_people(faceset: Faceset, *, also_rare: bool = False) -> FoundPeople:
    """Group the faceset's tracks into people, the one seen most first.

    Args:
        faceset: with everybody's faces.
        also_rare: whether somebody is a person of their own however rarely they are seen.
    """
    tracks: dict[TrackKey, _Track] = defaultdict(_Track)
    reviewed = reviewed_faces(faceset)
    for stored in faceset.faces(None):
        tracks[(stored.source_id, stored.track)].add(stored, is_reviewed=stored.id in reviewed)
    groups = group_tracks({key: track.summary for key, track in tracks.items()})
    sizes = [sum(len(tracks[key].usable) for key in group) for group in groups]
    of_largest = min(_FEWEST_FACES, _SHARE_OF_LARGEST * max(sizes, default=0))
    enough = 1 if also_rare else max(_SMALLEST_SHARE * sum(sizes), of_largest)
    # whoever is seen most is somebody, however short the footage
    count = max([1 if groups else 0, *(i + 1 for i, size in enumerate(sizes) if size >= enough)])
    rest = [key for group in groups[count:] for key in group]
    return FoundPeople(
        people=[_person(group, tracks, reviewed) for group in groups[:count]],
        others=_person(rest, tracks, reviewed),
    )


def keep_person(faceset: Faceset, found: FoundPeople, kept: FoundPerson | None) -> None:
    """Write down who is who, keep the usable faces of one person or nobody, reject all others.

    What somebody else than extraction decided about a face stays as it is.
    """
    reviewed = reviewed_faces(faceset)
    for person in [*found.people, found.others]:
        for key, mean in zip(person.tracks, person.means, strict=True):
            faceset.set_track_person(*key, person.name, mean)
        state: State = "kept" if person is kept else "rejected"
        _decide(faceset, person.faces, state, "" if person is kept else ANOTHER_PERSON, reviewed)
        for fault, faces in person.faulty.items():
            _decide(faceset, faces, "rejected", fault, reviewed)


def judge_faults(faceset: Faceset, found: FoundPeople, source_ids: Set[int]) -> None:
    """Reject what is of no use, whoever it shows, and keep what was only rejected for that and is of use.

    Only faces of some sources are judged: in the others it may have been settled whose faces are kept. What
    somebody else than extraction decided about a face stays as it is.
    """
    reviewed = reviewed_faces(faceset)
    for person in [*found.people, found.others]:
        usable = [face for face in person.faces if face.source_id in source_ids and face.reason in FAULTS]
        _decide(faceset, usable, "kept", "", reviewed)
        for fault, faces in person.faulty.items():
            judged = [face for face in faces if face.source_id in source_ids]
            _decide(faceset, judged, "rejected", fault, reviewed)


def _decide(
    faceset: Faceset, faces: Sequence[SeenFace], state: State, reason: str, reviewed: set[int]
) -> None:
    changed = [f.id for f in faces if (f.state, f.reason) != (state, reason) and f.id not in reviewed]
    if changed:
        faceset.set_state(changed, state, reason, by=BY)


def reviewed_faces(faceset: Faceset) -> set[int]:
    """Ids of the faces that somebody else than extraction has decided about."""
    return {review.face_id for review in faceset.reviews() if review.by != BY}


def varied_faces(person: FoundPerson, count: int) -> list[SeenFace]:
    """Some faces that show a person from many sides, the sharpest of those from the front first."""
    faces = person.faces[:: max(1, len(person.faces) // 500)]
    if not faces:
        return []
    views = np.array([face.view for face in faces]) / (20, 15)
    # who is seen from one side only is shown at different times
    places = np.column_stack([views, np.linspace(0, 1, len(faces))])
    chosen = [int(np.argmax([portrait_score(face.sharpness, *face.view) for face in faces]))]
    while len(chosen) < min(count, len(faces)):
        away = ((places[:, None] - places[chosen]) ** 2).sum(axis=2).min(axis=1)
        away[chosen] = -1
        chosen.append(int(away.argmax()))
    return [faces[i] for i in chosen]


def _person(keys: Sequence[TrackKey], tracks: dict[TrackKey, _Track], reviewed: set[int]) -> FoundPerson:
    vectors = [vector for key in keys for vector in tracks[key].vectors]
    usable = [face for key in sorted(keys) for face in tracks[key].usable]
    faulty: dict[str, list[SeenFace]] = defaultdict(list)
    for key in sorted(keys):
        for fault, faces in tracks[key].faulty.items():
            faulty[fault] += faces
    hidden = faulty.get(HIDDEN, [])
    if not is_rare(len(hidden), len(usable) + len(hidden)):
        usable = sorted(usable + faulty.pop(HIDDEN), key=lambda face: face.id)
    usual = float(np.median([face.crispness for face in usable])) if usable else 0.0
    blurred = {f.id for f in usable if f.id not in reviewed and is_blurred(f.crispness, usual)}
    if blurred:
        faulty[BLURRED] = [face for face in usable if face.id in blurred]
    return FoundPerson(
        tracks=list(keys),
        faces=[face for face in usable if face.id not in blurred],
        faulty=dict(faulty),
        vectors=np.array(vectors, np.float32).reshape(-1, 128),
        means=[tracks[key].summary.identity for key in keys],
    )


@dataclass
class _Track:
    frames: list[int] = field(default_factory=list[int])
    usable: list[SeenFace] = field(default_factory=list[SeenFace])
    faulty: dict[str, list[SeenFace]] = field(default_factory=lambda: defaultdict(list[SeenFace]))
    vectors: list[Vector] = field(default_factory=list[Vector])

    def add(self, stored: StoredFace, *, is_reviewed: bool) -> None:
        self.frames.append(stored.frame_index)
        if stored.face.identity is not None:
            self.vectors.append(stored.face.identity)
        if stored.reason not in ("", ANOTHER_PERSON) and (is_reviewed or stored.reason not in FAULTS):
            return
        fault = "" if is_reviewed else fault_of(stored.face.quality, stored.face.confidence)
        yaw, pitch, _ = stored.face.pose_deg.tolist()
        seen = SeenFace(
            id=stored.id,
            source_id=stored.source_id,
            state=stored.state,
            reason=stored.reason,
            view=(yaw, pitch),
            sharpness=stored.face.quality.get("sharpness", 0.0),
            crispness=crispness(stored.face.quality),
        )
        (self.faulty[fault] if fault else self.usable).append(seen)

    @property
    def summary(self) -> TrackSummary:
        vectors = np.array(self.vectors, np.float32).reshape(-1, 128)
        return TrackSummary(faces=len(self.usable), vectors=vectors, frames=frozenset(self.frames))
