"""What a wall of faces shows of each: one column a figure, read once for all faces of a faceset."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.faces.faceset_columns import FaceColumns, FaceStates, TrackRow
from understudy.faces.faceset_review import ReviewedFaceset
from understudy.faces.pose import fit_poses
from understudy.faces.quality import landmark_figures

Floats = NDArray[np.float32]

FIGURES = (
    *("sharpness", "side_px", "mouth_open", "mouth_width", "eye_open", "brow"),
    *("gaze_yaw_deg", "gaze_pitch_deg", "brightness", "light_side", "occlusion"),
)
_PAGE = 256
UNKNOWN = ""  # whom a track shows of which nobody has said so
# changes in which two faces are about as unlike as two moments of a conversation
_SCALES = {
    "yaw_deg": 12.0,
    "pitch_deg": 10.0,
    "roll_deg": 15.0,
    "mouth_open": 0.1,
    "mouth_width": 0.08,
    "eye_open": 0.05,
    "brow": 0.06,
    "gaze_yaw_deg": 10.0,
    "gaze_pitch_deg": 10.0,
    "brightness": 30.0,
    "light_side": 0.15,
}
_IDENTITY_SCALE = 0.4  # of identity vectors: two people begin at 0.46


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewTable:
    """All faces of a faceset, row by row in the order of their ids.

    Args:
        columns: what they are.
        tracks: of all sources; `track` counts in here.
        track: (n,) index into `tracks`.
        vector: (n,) index into `vectors` of the nearest in time of the same track, -1 where it has none.
        vectors: (m, 128) identity vectors.
    """

    columns: FaceColumns
    tracks: list[TrackRow]
    track: NDArray[np.int64]
    vector: NDArray[np.int64]
    vectors: Floats

    def people(self, states: FaceStates) -> list[str]:
        """Whom each face shows: as somebody said, else as its track says, `UNKNOWN` where nobody did."""
        names = [track.person or UNKNOWN for track in self.tracks]
        found = [names[index] for index in self.track.tolist()]
        if states.people:
            rows = np.searchsorted(self.columns.ids, np.array(list(states.people), np.int64))
            for row, person in zip(rows.tolist(), states.people.values(), strict=True):
                found[row] = person
        return found

    def person_of(self, row: int, states: FaceStates) -> str:
        """Whom one face shows; see `people`."""
        own = self.tracks[int(self.track[row])].person or UNKNOWN
        return states.people.get(int(self.columns.ids[row]), own)

    def distances(self, states: FaceStates) -> Floats:
        """(n,) distances of identity vectors from the mean of the kept faces, NaN where not known."""
        own = np.zeros(len(self.vectors), np.bool_)
        own[self.vector[states.kept & (self.vector >= 0)]] = True
        if not own.any():
            return np.full(len(self.vector), np.nan, np.float32)
        away = np.linalg.norm(self.vectors - self.vectors[own].mean(axis=0), axis=1)
        return _picked(away, self.vector)

    def unlike(self, row: int) -> Floats:
        """(n,) how unlike one face each is: in pose, openings, gaze, light and identity; 0 for itself."""
        known = self.columns.quality | self.columns.places
        total = np.zeros(len(self.track), np.float64)
        count = np.zeros(len(self.track), np.int64)
        changes = [(known[name] - known[name][row]) / scale for name, scale in _SCALES.items()]
        if self.vector[row] >= 0:
            away = np.linalg.norm(self.vectors - self.vectors[self.vector[row]], axis=1)
            changes.append(_picked(away, self.vector) / _IDENTITY_SCALE)
        for change in changes:
            is_known = np.isfinite(change)
            total[is_known] += np.square(change[is_known])
            count += is_known
        found = np.sqrt(total / np.maximum(count, 1)).astype(np.float32)
        found = np.maximum(found, 1e-6)  # twins come behind the face itself
        found[row] = 0.0
        return found


def read_table(faceset: ReviewedFaceset) -> ReviewTable:
    """Read all that does not change."""
    columns = faceset.columns(FIGURES)
    _add_openings(faceset, columns)
    tracks = faceset.track_rows()
    order = {track.id: index for index, track in enumerate(tracks)}
    track = np.array([order[one] for one in columns.track.tolist()], np.int64)
    ids, vectors = faceset.vectors()
    with_vector = np.searchsorted(columns.ids, ids)
    return ReviewTable(
        columns=columns,
        tracks=tracks,
        track=track,
        vector=_nearest(track, columns.frame_index, with_vector),
        vectors=vectors,
    )


def _add_openings(faceset: ReviewedFaceset, columns: FaceColumns) -> None:
    """Work out what extraction notes of landmarks for faces from elsewhere, or from before it did."""
    missing = np.flatnonzero(np.isnan(columns.quality["mouth_open"]))
    for start in range(0, len(missing), _PAGE):
        rows = missing[start : start + _PAGE]
        faces = [one.face for one in faceset.faces_by_id(columns.ids[rows].tolist())]
        poses = fit_poses(np.stack([face.landmarks_px for face in faces]))
        for row, figures in zip(rows, landmark_figures(faces, poses), strict=True):
            for name, value in figures.items():
                columns.quality[name][row] = value


def packed(table: ReviewTable, states: FaceStates, about: dict[str, object]) -> bytes:
    """The table as one answer for the browser: a header in JSON, then its columns.

    Args:
        table: what does not change.
        states: what does.
        about: more for the header.

    Returns:
        Four bytes with the length of the header, little-endian; the header, padded to eight bytes; the
        columns one after the other, each padded to eight. The header's "columns" say name, type and offset
        behind the header, "faces" how many there are; "people", "reasons" are what those columns count in.
    """
    columns, quality, places = table.columns, table.columns.quality, table.columns.places
    people, person = _coded(table.people(states))
    reasons, reason = _coded(states.reasons)
    masked = np.zeros(len(columns.ids), np.uint8)
    masked[np.searchsorted(columns.ids, np.array(list(states.masks), np.int64))] = 1
    arrays: dict[str, NDArray[np.generic]] = {
        "id": columns.ids.astype("<i4"),
        "track": table.track.astype("<i4"),
        "frame": columns.frame_index.astype("<i4"),
        "time": columns.time_s.astype("<f4"),
        **{name: values.astype("<f4") for name, values in quality.items()},
        **{name: places[name].astype("<f4") for name in ("yaw_deg", "pitch_deg", "roll_deg")},
        "distance": table.distances(states).astype("<f4"),
        "kept": states.kept.astype(np.uint8),
        "reason": reason.astype("<u2"),
        "person": person.astype("<u2"),
        "masked": masked,
    }
    listed: list[dict[str, object]] = []
    body: list[bytes] = []
    offset = 0
    for name, values in arrays.items():
        data = values.tobytes()
        data += b"\0" * (-len(data) % 8)
        listed.append({"name": name, "type": values.dtype.str.lstrip("<|"), "offset": offset})
        body.append(data)
        offset += len(data)
    shown = [[one.source, one.number, one.person or UNKNOWN] for one in table.tracks]
    header = about | {
        "faces": len(columns.ids),
        "columns": listed,
        "tracks": shown,
        "people": people,
        "reasons": reasons,
    }
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 4) % 8)
    return struct.pack("<I", len(text)) + text + b"".join(body)


def _coded(texts: list[str]) -> tuple[list[str], NDArray[np.int64]]:
    """The different texts in the order of their first use, and each one's index there."""
    known: dict[str, int] = {}
    codes = np.array([known.setdefault(text, len(known)) for text in texts], np.int64)
    return list(known), codes


def _picked(values: NDArray[np.floating], index: NDArray[np.int64]) -> Floats:
    found = np.full(len(index), np.nan, np.float32)
    found[index >= 0] = values[index[index >= 0]]
    return found


def _nearest(
    track: NDArray[np.int64], frame: NDArray[np.int64], with_vector: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(n,) index into `with_vector` of the row of the same track that is nearest in time, else -1."""
    found = np.full(len(track), -1, np.int64)
    if not len(with_vector):
        return found
    span = int(frame.max()) + 1
    # one line on which tracks lie apart: by more than any two frames of one track
    places = track * (2 * span) + frame
    order = np.argsort(places[with_vector], kind="stable")
    line = places[with_vector][order]
    after = np.clip(np.searchsorted(line, places), 0, len(line) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.where(np.abs(line[before] - places) <= np.abs(line[after] - places), before, after)
    is_own = track[with_vector[order]][nearer] == track
    found[is_own] = order[nearer[is_own]]
    return found
