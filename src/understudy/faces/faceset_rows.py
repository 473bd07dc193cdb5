"""How a face becomes a row of the faceset's database, and back."""

from __future__ import annotations

import contextlib
import hashlib
import math
import re
import sqlite3
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path, PureWindowsPath

import numpy as np

from understudy.core.errors import FacesetError
from understudy.core.types import Vector
from understudy.faces.face import Face, FaceSquare
from understudy.faces.faceset_records import (
    FaceRecord,
    SourceRecord,
    SourceState,
    StoredFace,
    StoredSource,
    StoredTrack,
)

_FARTHEST_PX = 1e6  # from a frame's corner; numbers of a face have to be below it
_LARGEST_CROP_PX = 1 << 14
_LARGEST = 1 << 62  # of counts and times
_FRACTION = re.compile(r"-?[0-9]{1,40}/[0-9]{1,40}")  # not "1e999999999", which takes a gigabyte

FACE_COLUMNS = (
    *("source", "frame_index", "pts", "time_s", "track"),
    *("box_x0_px", "box_y0_px", "box_x1_px", "box_y1_px", "confidence"),
    *("square_x_px", "square_y_px", "square_side_px", "square_roll_rad"),
    *("yaw_deg", "pitch_deg", "roll_deg"),
    *("crop", "crop_sha256", "crop_size_px", "crop_from_frame", "state", "reason"),
)

_NUMBERS = tuple(
    name for name in FACE_COLUMNS if name.endswith(("_px", "_rad", "_deg")) or name == "confidence"
)


def row_from_record(source_id: int, track_id: int, crop: str, record: FaceRecord) -> tuple[object, ...]:
    """The values of `FACE_COLUMNS`; `crop` is the crop's file name."""
    face, square = record.face, record.face.square
    return (
        *(source_id, int(record.frame_index), int(record.pts)),
        *(text_from_fraction(record.pts * record.time_base), track_id),
        *(float(value) for value in face.box_px),
        *(float(face.confidence), float(square.x_px), float(square.y_px)),
        *(float(square.side_px), float(square.roll_rad)),
        *(float(value) for value in face.pose_deg),
        *(crop, hashlib.sha256(record.crop_jpeg).hexdigest()),
        *(int(record.crop_size_px), blob_from_floats(record.crop_from_frame, 2, 3)),
        *(record.state, record.reason),
    )


def face_from_row(
    row: sqlite3.Row, quality: dict[str, float], crops: Path, mask_path: Path | None = None
) -> StoredFace:
    """The way back; the row also has id, number (of the track), mesh, iris and vector."""
    _check_row(row, quality)
    face = Face(
        box_px=np.array([row[f"box_{side}_px"] for side in ("x0", "y0", "x1", "y1")], np.float32),
        landmarks_px=floats_from_blob(row["mesh"], 468, 3),
        iris_px=floats_from_blob(row["iris"], 2, 5, 2),
        confidence=row["confidence"],
        track=row["number"],
        square=FaceSquare(
            x_px=row["square_x_px"],
            y_px=row["square_y_px"],
            side_px=row["square_side_px"],
            roll_rad=row["square_roll_rad"],
        ),
        pose_deg=np.array([row["yaw_deg"], row["pitch_deg"], row["roll_deg"]], np.float32),
        identity=None if row["vector"] is None else floats_from_blob(row["vector"], 128),
        quality=quality,
    )
    return StoredFace(
        id=row["id"],
        source_id=row["source"],
        frame_index=row["frame_index"],
        pts=row["pts"],
        time_s=fraction_from_text(row["time_s"]),
        face=face,
        crop_path=crops / plain_name(row["crop"]),
        crop_size_px=row["crop_size_px"],
        crop_from_frame=floats_from_blob(row["crop_from_frame"], 2, 3),
        state=row["state"],
        reason=row["reason"],
        mask_path=mask_path,
    )


def source_from_row(row: sqlite3.Row) -> StoredSource:
    """A row of sources that also has next_track."""
    _check_counts(row, "width_px", "height_px", "next_frame", "next_track")
    record = SourceRecord(
        path=Path(row["path"]),
        sha256=row["sha256"],
        rate=None if row["rate"] is None else fraction_from_text(row["rate"]),
        time_base=fraction_from_text(row["time_base"]),
        width_px=row["width_px"],
        height_px=row["height_px"],
        frames=row["frames"],
    )
    state = SourceState(
        id=row["id"],
        next_frame=row["next_frame"],
        next_track=row["next_track"],
        done=bool(row["done"]),
    )
    return StoredSource(record=record, state=state)


def track_from_row(row: sqlite3.Row) -> StoredTrack:
    """A row of tracks that also has the number of faces."""
    mean = row["mean_identity"]
    return StoredTrack(
        source_id=row["source"],
        number=row["number"],
        faces=row["faces"],
        person=row["person"],
        mean_identity=None if mean is None else floats_from_blob(mean, 128),
    )


def blob_from_floats(values: Vector, *shape: int) -> bytes:
    """Little-endian float32 bytes of an array that must have this shape and be finite."""
    if values.shape != shape or not np.isfinite(values).all():
        raise ValueError(f"need finite numbers of shape {shape}, got shape {values.shape}")
    return values.astype("<f4").tobytes()


def floats_from_blob(blob: bytes, *shape: int) -> Vector:
    """The way back; writable, shaped; raises ValueError for other shapes and what is not finite."""
    values = np.frombuffer(blob, "<f4").astype(np.float32).reshape(shape)
    if not np.isfinite(values).all():
        raise ValueError("an array is not finite")
    return values


def plain_name(name: str) -> str:
    """The name of a file right in a folder; raises ValueError for a path to anywhere else."""
    # a faceset may come from another system; Windows' rules see every separator and every drive
    if PureWindowsPath(name).name != name or name in ("", "..") or "\0" in name:
        raise ValueError(f"{name!r} is not the name of a crop")
    return name


@contextlib.contextmanager
def row_errors(folder: Path) -> Generator[None]:
    """Turn what a damaged row makes the functions above raise into a `FacesetError`."""
    try:
        yield
    except (ValueError, TypeError, ZeroDivisionError, OverflowError) as error:
        raise FacesetError(
            f"faceset {folder}: a row is damaged ({error})",
            "restore a copy, or extract into a new folder",
        ) from error


def text_from_fraction(value: Fraction) -> str:
    """An exact number as "num/den", also where it is whole."""
    return f"{value.numerator}/{value.denominator}"


def fraction_from_text(text: str) -> Fraction:
    """The way back; raises ValueError for anything else."""
    if _FRACTION.fullmatch(text) is None:
        raise ValueError(f"{text[:60]!r} is no exact number")
    return Fraction(text)


def _check_row(row: sqlite3.Row, quality: dict[str, float]) -> None:
    """Refuse numbers that no face has; raises ValueError."""
    is_usual = all(abs(row[name]) < _FARTHEST_PX for name in _NUMBERS) and row["square_side_px"] > 0
    if not is_usual or not all(map(math.isfinite, quality.values())):
        raise ValueError(f"the face {row['id']} has numbers that no face has")
    _check_counts(row, "frame_index", "number")
    if not 0 < row["crop_size_px"] <= _LARGEST_CROP_PX or abs(row["pts"]) > _LARGEST:
        raise ValueError(f"the face {row['id']} has numbers that no face has")


def _check_counts(row: sqlite3.Row, *names: str) -> None:
    for name in names:
        if not 0 <= row[name] <= _LARGEST:
            raise ValueError(f"{name} is {row[name]}")


def check_record(record: FaceRecord) -> None:
    """Refuse what would not come back as it went in; raises ValueError."""
    numbers = [record.face.confidence, *record.face.quality.values()]
    square = record.face.square
    numbers += [square.x_px, square.y_px, square.side_px, square.roll_rad]
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError(f"a figure of the face in frame {record.frame_index} is not finite: {numbers}")
