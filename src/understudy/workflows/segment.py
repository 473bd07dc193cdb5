"""The faces of one stretch of footage, with all their figures: what extraction stores in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial

import numpy as np
from numpy.typing import NDArray

from understudy.core.picture import AnyFrame, as_picture
from understudy.core.types import Image, Matrix, Vector
from understudy.faces.best_chip import BestChips, ChosenFace
from understudy.faces.crop import cut_as_it_lies
from understudy.faces.face import Face
from understudy.faces.faceset_records import FaceRecord
from understudy.faces.identify import Identifier
from understudy.faces.occlusion import FaceLook, occlusion_shares
from understudy.faces.pose import fit_poses
from understudy.faces.quality import landmark_figures, measure_face, portrait_score, within
from understudy.media.images import encode_jpeg

IDENTIFY_EVERY = 40  # frames of a track with one identity vector: each costs as much as finding a face


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFace:
    """A face with its crop, wherever that was cut from.

    Args:
        face: with the number of its track.
        frame_index: position in the footage, from 0; rising along a track.
        pts: presentation time in units of `time_base`.
        time_base: seconds a unit of `pts`.
        crop: (s, s, 3) RGB uint8, with `STORED_COVERAGE` of the face's square.
        crop_from_frame: (2, 3) float32 similarity.
        is_inside: (468,) bool, which landmarks lie within the picture that the crop was cut from.
        chip: makes the picture of its identity vector.
        figures: that are known of it besides.
        reason: why it is rejected, "" where it is not.
    """

    face: Face
    frame_index: int
    pts: int
    time_base: Fraction
    crop: Image
    crop_from_frame: Matrix
    is_inside: NDArray[np.bool_]
    chip: Callable[[], Image]
    figures: dict[str, float] = field(default_factory=dict[str, float])
    reason: str = ""


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
        picture = as_picture(frame.image)
        size_px = (picture.width_px, picture.height_px)
        for found in faces:
            face = replace(found, track=self._first_track + found.track)
            crop, crop_from_frame = cut_as_it_lies(picture, face.square)
            shown = ShownFace(
                face=face,
                frame_index=frame.index,
                pts=frame.pts,
                time_base=frame.time_base,
                crop=crop,
                crop_from_frame=crop_from_frame,
                is_inside=within(face.landmarks_px[:, :2], size_px),
                chip=partial(self._identifier.chip, frame.image, face),
            )
            self.take(shown)

    def take(self, shown: ShownFace) -> None:
        """Take in a face that somebody else has cut out; the frames are not counted."""
        face = shown.face
        measured = measure_face(face, shown.crop, shown.crop_from_frame, shown.is_inside)
        figures = measured.figures | shown.figures
        score = figures["in_frame"] * portrait_score(figures["sharpness"], *face.pose_deg[:2].tolist())
        ended = self._best.offer(face.track, shown.frame_index, len(self._seen), score, shown.chip)
        if ended is not None:
            self._identify(ended)
        record = FaceRecord(
            face=replace(face, quality=figures),
            frame_index=shown.frame_index,
            pts=shown.pts,
            time_base=shown.time_base,
            crop_jpeg=encode_jpeg(shown.crop),
            crop_size_px=shown.crop.shape[0],
            crop_from_frame=shown.crop_from_frame,
            state="rejected" if shown.reason else "kept",
            reason=shown.reason,
        )
        self._seen.append(_Seen(record=record, look=measured.look))

    def records(self) -> list[FaceRecord]:
        """The faces to store, in the order in which they came; nothing can be added afterwards."""
        for chosen in self._best.rest():
            self._identify(chosen)
        tracks: dict[int, list[_Seen]] = defaultdict(list)
        for seen in self._seen:
            tracks[seen.record.face.track].append(seen)
        for track in tracks.values():
            _measure(track)
        return [
            replace(seen.record, face=replace(seen.record.face, identity=seen.vector)) for seen in self._seen
        ]

    def _identify(self, chosen: ChosenFace) -> None:
        self._seen[chosen.position].vector = self._identifier.vector_of(chosen.chip)


def _measure(track: list[_Seen]) -> None:
    """Add the figures of landmarks, and those that compare a face with the others of its track."""
    faces = [seen.record.face for seen in track]
    poses = fit_poses(np.stack([face.landmarks_px for face in faces]))
    for face, figures in zip(faces, landmark_figures(faces, poses), strict=True):
        face.quality.update(figures)
    shares = occlusion_shares([seen.look for seen in track], poses.frame_from_head)
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
