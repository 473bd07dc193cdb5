"""What the faces of a faceset show, read once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from understudy.core.events import OnEvent, Progress, ignore
from understudy.faces.faceset import Faceset, StoredFace
from understudy.faces.gaze import gaze_deg
from understudy.faces.light import face_light
from understudy.faces.openings import expression_of, pose_normalised
from understudy.measure.coverage import FaceArrays
from understudy.media.images import read_image

_MOST_FACES = 1500  # of an identity; more say nothing new
_LARGEST_PX = 284.0  # side of a face square whose crop is as large as a faceset stores: more is not kept
_REPORT_EVERY = 50  # faces
_HALF_SHUT = 0.5  # of the usual opening of the eyes: below, where they look is guessed rather than seen


@dataclass(frozen=True, kw_only=True)
class FacePlace:
    """Where a face was seen.

    Args:
        footage: the file.
        frame: position in the footage, from 0.
        time_s: presentation time.
        crop: the stored picture of the face.
    """

    footage: Path
    frame: int
    time_s: float
    crop: Path


@dataclass(frozen=True, kw_only=True)
class ReadFaces:
    """A faceset's kept faces, evenly thinned where they are many.

    Args:
        identity: whose they are.
        kept: how many the faceset has.
        arrays: what they show.
        places: where each was seen, in the order of `arrays`.
    """

    identity: str
    kept: int
    arrays: FaceArrays
    places: list[FacePlace]


def read_faces(folder: Path, *, with_light: bool, on_event: OnEvent = ignore) -> ReadFaces:
    """Read what a faceset's faces show.

    Args:
        folder: the faceset.
        with_light: also read the crops, 5 ms each, and measure the light on the faces.
        on_event: hears of progress.

    Raises:
        FacesetError: it cannot be read.
        MediaError: a crop is missing or damaged.
    """
    rows: list[dict[str, float]] = []
    places: list[FacePlace] = []
    with Faceset.open(folder) as faceset:
        kept, identity = faceset.count("kept"), faceset.identity
        footage = {source.state.id: source.record.path for source in faceset.sources()}
        stride = max(1, -(-kept // _MOST_FACES))
        for number, stored in enumerate(faceset.faces("kept")):
            if number % stride:
                continue
            rows.append(_row(stored, with_light=with_light))
            places.append(
                FacePlace(
                    footage=footage[stored.source_id],
                    frame=stored.frame_index,
                    time_s=float(stored.time_s),
                    crop=stored.crop_path,
                )
            )
            if len(rows) % _REPORT_EVERY == 0 or number + stride >= kept:
                on_event(Progress(stage=f"read {identity}", done=number + 1, total=kept, unit="faces"))
    return ReadFaces(identity=identity, kept=kept, arrays=_arrays(rows), places=places)


def _arrays(rows: list[dict[str, float]]) -> FaceArrays:
    columns = {key: np.array([row[key] for row in rows], np.float64) for key in (rows[0] if rows else {})}
    poses = [columns.pop(key, np.zeros(0)) for key in ("yaw", "pitch")]
    if rows:
        is_shut = columns["eye_open"] < _HALF_SHUT * np.median(columns["eye_open"])
        for key in ("gaze_yaw_deg", "gaze_pitch_deg"):
            columns[key][is_shut] = np.nan
    return FaceArrays(pose_deg=np.stack(poses, axis=1), values=columns)


def _row(stored: StoredFace, *, with_light: bool) -> dict[str, float]:
    face = stored.face
    shown = expression_of(pose_normalised(face.landmarks_px))
    gaze = gaze_deg(face)
    row = {
        "yaw": float(face.pose_deg[0]),
        "pitch": float(face.pose_deg[1]),
        "mouth_open": shown.mouth_open,
        "mouth_width": shown.mouth_width,
        "eye_open": shown.eye_open,
        "brow": shown.brow,
        "gaze_yaw_deg": float("nan") if gaze is None else float(gaze[0]),
        "gaze_pitch_deg": float("nan") if gaze is None else float(gaze[1]),
        "size_px": min(stored.square.side_px, _LARGEST_PX),
    }
    return row | _light(stored) if with_light else row


def _light(stored: StoredFace) -> dict[str, float]:
    matrix = stored.crop_from_frame
    points = stored.face.landmarks_px[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    found = face_light(read_image(stored.crop_path), points)
    if found is None:
        return {"brightness": float("nan"), "light_side": float("nan")}
    return {"brightness": found.brightness, "light_side": found.side}
