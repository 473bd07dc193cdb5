"""The faces of one stretch of footage, with all their figures: what extraction stores in one transaction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from understudy.core.picture import AnyFrame, as_picture
from understudy.core.types import Vector
from understudy.faces.best_chip import BestChips, ChosenFace
from understudy.faces.crop import STORED_COVERAGE, cut, stored_size_px
from understudy.faces.face import Face
from understudy.faces.faceset_records import FaceRecord
from understudy.faces.identify import Identifier
from understudy.faces.occlusion import FaceLook, occlusion_shares
from understudy.faces.quality import measure_face, portrait_score
from understudy.media.images import encode_jpeg

IDENTIFY_EVERY = 40  # frames of a track with one identity vector: each costs as much as finding a face


@dataclass(slots=True, kw_only=True)
class _Seen:
    """A face whose track has not ended yet."""

    record: FaceRecord
    look: FaceLook
    vector: Vector | None = None


class Segment:
    """Collects the faces of consecutive frames, and what only a whole track tells of each.

    Args:
        frames: added so far.
        first_frame: index of the first one.
        next_frame: index of the one after the last.
    """

    def __init__(self, identifier: Identifier, first_track: int) -> None:
        """Start empty; tracks, which the finder numbers from 0, are numbered from `first_track`."""
        self._identifier, self._first_track = identifier, first_track
        self._seen: list[_Seen] = []
        self._best = BestChips(IDENTIFY_EVERY)
        self.frames = self.first_frame = self.next_frame = 0

    def add(self, frame: AnyFrame, faces: list[Face]) -> None:
        """Take in the next frame with its faces."""
        self.first_frame = frame.index if self.frames == 0 else self.first_frame
        self.frames += 1
        self.next_frame = frame.index + 1
        for face in faces:
            self._add(frame, replace(face, track=self._first_track + face.track))

    def records(self) -> list[FaceRecord]:
        """The faces to store, in the order in which they came; nothing can be added afterwards."""
        for chosen in self._best.rest():
            self._identify(chosen)
        tracks: dict[int, list[_Seen]] = defaultdict(list)
        for seen in self._seen:
            tracks[seen.record.face.track].append(seen)
        for track in tracks.values():
            _compare(track)
        return [
            replace(seen.record, face=replace(seen.record.face, identity=seen.vector)) for seen in self._seen
        ]

    def _add(self, frame: AnyFrame, face: Face) -> None:
        size = stored_size_px(face.square)
        crop_from_frame = face.square.crop_from_frame(size, STORED_COVERAGE)
        crop = cut(frame.image, crop_from_frame, size)
        picture = as_picture(frame.image)
        measured = measure_face(face, crop, crop_from_frame, (picture.width_px, picture.height_px))
        figures = measured.figures
        score = figures["in_frame"] * portrait_score(figures["sharpness"], *face.pose_deg[:2].tolist())
        ended = self._best.offer(
            face.track, frame.index, len(self._seen), score, lambda: self._identifier.chip(frame.image, face)
        )
        if ended is not None:
            self._identify(ended)
        record = FaceRecord(
            face=replace(face, quality=figures),
            frame_index=frame.index,
            pts=frame.pts,
            time_base=frame.time_base,
            crop_jpeg=encode_jpeg(crop),
            crop_size_px=size,
            crop_coverage=STORED_COVERAGE,
        )
        self._seen.append(_Seen(record=record, look=measured.look))

    def _identify(self, chosen: ChosenFace) -> None:
        self._seen[chosen.position].vector = self._identifier.vector_of(chosen.chip)


def _compare(track: list[_Seen]) -> None:
    """Add the figures that compare a face with the others of its track."""
    shares = occlusion_shares([seen.look for seen in track])
    if shares is not None:
        for seen, share in zip(track, shares.tolist(), strict=True):
            seen.record.face.quality["occlusion"] = share
    known = [seen for seen in track if seen.vector is not None]
    if len(known) < 2:  # nothing to be near to or far from
        return
    vectors = np.stack([seen.vector for seen in known if seen.vector is not None])
    distances = np.linalg.norm(vectors - vectors.mean(axis=0), axis=1)
    places = np.array([seen.record.frame_index for seen in known])
    for seen in track:
        nearest = int(np.abs(places - seen.record.frame_index).argmin())
        seen.record.face.quality["identity_distance"] = float(distances[nearest])
