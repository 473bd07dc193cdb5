"""Aligned faces of DeepFaceLab: JPEGs whose segment APP15 holds a pickled dict."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import numpy as np

from understudy.core.plain_pickle import parse_pickle
from understudy.faces.foreign.records import (
    ForeignFace,
    MaskPolygon,
    NoMetadataError,
    checked_similarity,
    file_name,
    mapping,
    numbers,
)

_SEGMENT = 0xEF  # APP15
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_SCAN, _END = 0xDA, 0xD9
_SEGMENT_MEMORY_BYTES = 16 << 20
_MOST_POLYGONS = 1000
_MOST_POINTS = 20_000  # of all polygons together: one may stand in the list many times at little cost


def read_dfl(path: Path, data: bytes, side_px: int) -> ForeignFace:
    """Read the metadata of an aligned face.

    Args:
        path: of the file, for its name.
        data: its content.
        side_px: of the picture.

    Raises:
        NoMetadataError: an ordinary JPEG.
        ValueError: the metadata is damaged, or asks for more than plain data (NotPlainDataError).
    """
    segment = metadata_segment(data)
    if segment is None:
        raise NoMetadataError("it has no metadata of DeepFaceLab")
    stored = mapping(parse_pickle(segment, _SEGMENT_MEMORY_BYTES), "metadata")
    if "landmarks" not in stored:
        raise NoMetadataError("its metadata has no landmarks, so it is not of DeepFaceLab")
    in_picture = numbers(stored["landmarks"], 68, 2, what="landmarks")
    matrix = stored.get("image_to_face_mat")
    matrix = None if matrix is None else numbers(matrix, 2, 3, what="image_to_face_mat")
    in_frame = numbers(stored.get("source_landmarks"), 68, 2, what="source_landmarks")
    face_type = stored.get("face_type", "full_face")
    numbered = re.fullmatch(r"(.*)_(\d{1,3})", path.stem)
    return ForeignFace(
        program="DeepFaceLab",
        file=path,
        has_picture=True,
        source_name=file_name(stored.get("source_filename"), numbered[1] if numbered else path.stem),
        number_in_frame=int(numbered[2]) if numbered else 0,
        landmarks_px=in_frame.astype(np.float32),
        aligned_from_frame=checked_similarity(matrix, in_frame, in_picture),
        aligned_px=side_px,
        face_type=_printable(face_type, "full_face"),
        polygons=_polygons(stored.get("seg_ie_polys")),
    )


def metadata_segment(data: bytes) -> bytes | None:
    """Content of the last APP15 segment before the picture, None where there is none.

    Raises:
        ValueError: the segments are damaged.
    """
    if data[:2] != b"\xff\xd8":
        raise ValueError("it is not a JPEG")
    found: bytes | None = None
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            raise ValueError(f"the JPEG is damaged at byte {place}")
        marker = data[place + 1]
        if marker in (_SCAN, _END):
            return found
        if marker == 0xFF or marker in _STANDALONE:  # fill bytes, and markers without content
            place += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        if length < 2 or place + 2 + length > len(data):
            raise ValueError(f"the JPEG is damaged at byte {place}")
        if marker == _SEGMENT:
            found = data[place + 4 : place + 2 + length]
        place += 2 + length
    raise ValueError("the JPEG breaks off before its picture")


def _printable(value: object, default: str) -> str:
    return value[:40] if isinstance(value, str) and value.isprintable() else default


def _polygons(stored: object) -> tuple[MaskPolygon, ...]:
    if stored is None:
        return ()
    items = mapping(stored, "mask").get("polys")
    if not isinstance(items, list) or len(cast("list[object]", items)) > _MOST_POLYGONS:
        raise ValueError("its mask is no list of polygons")
    polygons: list[MaskPolygon] = []
    left = _MOST_POINTS
    for item in cast("list[object]", items):
        polygon = mapping(item, "mask polygon")
        points = numbers(polygon.get("pts"), -1, 2, what="mask polygon", longest=left).astype(np.float32)
        left -= len(points)
        polygons.append(MaskPolygon(is_face=polygon.get("type") == 1, points_px=points))
    return tuple(polygons)
