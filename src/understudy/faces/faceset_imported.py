"""What another program knew of the faces of a faceset: its landmarks, its matrix, its mask.

A table of its own, made when something is first imported; what does not know it reads the faceset as before.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from understudy.core.bounded import parse_json
from understudy.core.types import Matrix, Points
from understudy.faces.faceset_rows import blob_from_floats, floats_from_blob
from understudy.faces.faceset_schema import IMPORTED
from understudy.faces.foreign.records import MaskPolygon


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFace:
    """A face as the other program stored it; see `ForeignFace` for what is not said here.

    Args:
        source_id: the source that it is from.
        frame_index: position in the footage, from 0.
        number: among the imported faces of its frame.
        track: with source and frame, which of the faceset's faces it is; None where none was made of it.
        program: "DeepFaceLab" or "faceswap".
        file: name of its file.
        frame_name: file name of its frame.
        face_type: how much its picture shows.
        landmarks_px: (68, 2) float32, frame pixels.
        aligned_from_frame: (2, 3) float32, None where the program does not store it.
        aligned_px: side of its picture, None where there is none.
        polygons: parts of a mask, aligned pixels.
    """

    source_id: int
    frame_index: int
    number: int
    track: int | None
    program: str
    file: str
    frame_name: str
    face_type: str
    landmarks_px: Points
    aligned_from_frame: Matrix | None
    aligned_px: int | None
    polygons: tuple[MaskPolygon, ...] = ()


def insert_imported(db: sqlite3.Connection, faces: Sequence[ImportedFace]) -> None:
    """Add or replace imported faces; inside the caller's transaction."""
    db.execute(IMPORTED)
    db.executemany(
        f"INSERT OR REPLACE INTO imported VALUES ({', '.join('?' * 12)})", [_row(face) for face in faces]
    )


def select_imported(db: sqlite3.Connection) -> list[ImportedFace]:
    """All imported faces by source, frame and number; none where nothing was imported."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'imported'").fetchone() is None:
        return []
    rows = db.execute("SELECT * FROM imported ORDER BY source, frame_index, number")
    return [_face(row) for row in rows]


def _row(face: ImportedFace) -> tuple[object, ...]:
    polygons = [[polygon.is_face, polygon.points_px.tolist()] for polygon in face.polygons]
    return (
        *(face.source_id, face.frame_index, face.number, face.track),
        *(face.program, _text(face.file), _text(face.frame_name), _text(face.face_type)),
        blob_from_floats(face.landmarks_px, 68, 2),
        None if face.aligned_from_frame is None else blob_from_floats(face.aligned_from_frame, 2, 3),
        *(face.aligned_px, json.dumps(polygons)),
    )


def _face(row: sqlite3.Row) -> ImportedFace:
    matrix = row["aligned_from_frame"]
    return ImportedFace(
        source_id=row["source"],
        frame_index=row["frame_index"],
        number=row["number"],
        track=row["track"],
        program=row["program"],
        file=row["file"],
        frame_name=row["frame_name"],
        face_type=row["face_type"],
        landmarks_px=floats_from_blob(row["landmarks"], 68, 2),
        aligned_from_frame=None if matrix is None else floats_from_blob(matrix, 2, 3),
        aligned_px=row["aligned_px"],
        polygons=tuple(
            MaskPolygon(is_face=is_face, points_px=points_px)
            for is_face, points_px in _polygons(row["polygons"])
        ),
    )


def _polygons(text: str) -> list[tuple[bool, Points]]:
    """What `_row` wrote; raises ValueError or TypeError where it is something else."""
    read: list[tuple[bool, Points]] = []
    for is_face, points in cast("list[tuple[object, object]]", parse_json(text)):
        points_px = np.array(points, np.float32).reshape(-1, 2)
        if not np.isfinite(points_px).all():
            raise ValueError("a mask is not finite")
        read.append((bool(is_face), points_px))
    return read


def _text(name: str) -> str:
    # a file name may hold bytes that are no text
    return name.encode("utf-8", "replace").decode()
