"""What the faces of a faceset show, read once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from understudy.core.events import OnEvent, Progress, ignore
from understudy.faces.face import Face
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import StoredFace
from understudy.faces.openings import MEASURES
from understudy.faces.pose import fit_poses
from understudy.faces.quality import GAZE, landmark_figures, light_figures, upright_for_light
from understudy.faces.stored_crop import decode_crop
from understudy.measure.coverage import FaceArrays

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
        crop: the stored picture of the face, as it lies.
        face: its id in the faceset.
    """

    footage: Path
    frame: int
    time_s: float
    crop: Path
    face: int


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
        with_light: also tell of the light on the faces, where it is not noted from their crops: 5 ms each.
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
                    face=stored.id,
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
        for key in GAZE:
            columns[key][is_shut] = np.nan
    return FaceArrays(pose_deg=np.stack(poses, axis=1), values=columns)


def _row(stored: StoredFace, *, with_light: bool) -> dict[str, float]:
    known = stored.face.quality
    figures = known if known.keys() >= set(MEASURES) else _figures_of(stored.face)
    row = {name: figures.get(name, np.nan) for name in (*MEASURES, *GAZE)}
    row["yaw"], row["pitch"], _ = stored.face.pose_deg.tolist()
    row["size_px"] = min(stored.square.side_px, _LARGEST_PX)
    if with_light:
        light = known if "brightness" in known else _light_of(stored)
        row |= {name: light.get(name, np.nan) for name in ("brightness", "light_side")}
    return row


def _figures_of(face: Face) -> dict[str, float]:
    """What extraction notes of a face's landmarks, for one from elsewhere or from before it did."""
    return landmark_figures([face], fit_poses(face.landmarks_px[None]))[0]


def _light_of(stored: StoredFace) -> dict[str, float]:
    """The same of its light, from the stored crop."""
    crop = decode_crop(stored)
    return light_figures(*upright_for_light(stored.face, crop, stored.crop_from_frame))
