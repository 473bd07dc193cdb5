"""What goes into a faceset and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Literal

from understudy.core.types import Matrix, Vector
from understudy.faces.face import Face, FaceSquare

State = Literal["kept", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """One piece of footage that faces are taken from.

    Args:
        path: where it lies.
        sha256: of its content; the same content is the same source, wherever it lies.
        rate: frames a second, None where unknown.
        time_base: seconds a unit of pts.
        width_px: of the upright frame.
        height_px: of the upright frame.
        frames: number of frames, None where unknown.
    """

    path: Path
    sha256: str
    rate: Fraction | None
    time_base: Fraction
    width_px: int
    height_px: int
    frames: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How far a source is.

    Args:
        id: what `Faceset.append` calls it.
        next_frame: index of the first frame not yet looked at.
        next_track: first track number not yet used; a continued run numbers its tracks from here.
        done: whether all frames were looked at.
    """

    id: int
    next_frame: int
    next_track: int
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSource:
    """A source with its state."""

    record: SourceRecord
    state: SourceState


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceRecord:
    """A face to store.

    Args:
        face: the detection; its track number is unique within the source.
        frame_index: position in the footage, from 0.
        pts: presentation time of the frame in units of `time_base`.
        time_base: seconds a unit of `pts`.
        crop_jpeg: the encoded crop, square.
        crop_size_px: its side.
        crop_from_frame: (2, 3) float32, the similarity that cut it; it need not show the face upright.
        state: "kept" or "rejected".
        reason: why it was rejected, "" where kept.
        crop_path: a file with the same bytes, which is linked to instead of written once more where the
            file system can; it must not be changed afterwards.
        crop_suffix: what the crop's name ends in, of a face that no search of the footage has found: none
            that a killed extraction has left is called so.
    """

    face: Face
    frame_index: int
    pts: int
    time_base: Fraction
    crop_jpeg: bytes
    crop_size_px: int
    crop_from_frame: Matrix
    state: State = "kept"
    reason: str = ""
    crop_path: Path | None = None
    crop_suffix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFace:
    """A face as it comes back.

    Args:
        id: what reviews call it.
        source_id: the source it is from.
        frame_index: position in the footage, from 0.
        pts: presentation time of the frame in units of the source's time base.
        time_s: the same in seconds, exact.
        face: the detection.
        crop_path: the encoded crop.
        crop_size_px: its side.
        crop_from_frame: (2, 3) float32, the similarity that cut it; `faces.stored_crop` turns it upright.
        state: "kept" or "rejected".
        reason: why.
        mask_path: a drawn mask of the crop, white where the face is hidden; None where there is none.
    """

    id: int
    source_id: int
    frame_index: int
    pts: int
    time_s: Fraction
    face: Face
    crop_path: Path
    crop_size_px: int
    crop_from_frame: Matrix
    state: State
    reason: str
    mask_path: Path | None = None

    @property
    def track(self) -> int:
        """Number of the track, unique within the source."""
        return self.face.track

    @property
    def square(self) -> FaceSquare:
        """The face square, frame pixels."""
        return self.face.square


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTrack:
    """One track.

    Args:
        source_id: the source it is from.
        number: its number there.
        faces: how many faces it has, whatever their state.
        person: who it shows, None where not told.
        mean_identity: (128,) float32, or None.
    """

    source_id: int
    number: int
    faces: int
    person: str | None
    mean_identity: Vector | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One change of a face's state.

    Args:
        decision: faces that were changed together share it.
        undoes: the decision that this one takes back, or None.
        face_id: the face.
        at: when, UTC.
        by: who or what decided.
        from_state: state before.
        to_state: state after.
        reason: why.
    """

    decision: int
    undoes: int | None
    face_id: int
    at: datetime
    by: str
    from_state: State
    to_state: State
    reason: str
