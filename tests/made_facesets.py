"""Facesets on disk of faces made from the template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from measure.made_faces import made_face, picture_of
from understudy.core.types import Image, Vector
from understudy.faces.crop import STORED_COVERAGE, cut, cut_as_it_lies
from understudy.faces.face import Face
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import FaceRecord, SourceRecord
from understudy.media.images import encode_jpeg

RATE = Fraction(25)
Look = dict[str, object]  # arguments of `made_face`
# crops are stored as they lie: whoever shows one, or learns from it, has to turn it upright
_TILTS_DEG = (25.0, -40.0, 0.0)


def write_faceset(
    folder: Path,
    footage: str,
    looks: Iterable[Look],
    *,
    shade: bool = False,
    track: int = 0,
    vector: Vector | None = None,
) -> Path:
    """A faceset of faces that look so; a shaded one is dark on the picture's left.

    What lies in the folder already is added to. Most of the heads are tilted.
    """
    source = SourceRecord(
        path=Path(f"clips/{footage}"),
        sha256=f"{sum(footage.encode()):064x}",
        rate=RATE,
        time_base=1 / RATE,
        width_px=256,
        height_px=256,
    )
    is_there = folder.exists()
    with Faceset.open(folder) if is_there else Faceset.create(folder, folder.name) as faceset:
        state = faceset.begin_source(source)
        records: list[FaceRecord] = []
        for index, face in enumerate(faces_of(looks)):
            crop, crop_from_frame = cut_as_it_lies(frame_of(face, shade=shade), face.square)
            records.append(
                FaceRecord(
                    face=replace(face, track=track, identity=vector),
                    frame_index=index,
                    pts=index,
                    time_base=1 / RATE,
                    crop_jpeg=encode_jpeg(crop),
                    crop_size_px=len(crop),
                    crop_from_frame=crop_from_frame,
                )
            )
        faceset.append(state.id, records, len(records))
        faceset.finish_source(state.id, len(records))
    return folder


def faces_of(looks: Iterable[Look]) -> Iterator[Face]:
    """The faces of a faceset of these looks, in order."""
    for index, look in enumerate(looks):
        yaw, pitch, roll = look.get("pose_deg", (0.0, 0.0, 0.0))  # type: ignore[misc]
        tilted = roll + _TILTS_DEG[index % len(_TILTS_DEG)]
        yield made_face(**look | {"pose_deg": (yaw, pitch, tilted)})  # type: ignore[arg-type]


def frame_of(face: Face, *, shade: bool = False) -> Image:
    """The frame that a face is from."""
    image = picture_of(face)
    if shade:
        image[:, :128] //= 4
    return image


def upright_face(face: Face, size_px: int, coverage: float = STORED_COVERAGE) -> Image:
    """How a face looks upright: cut straight from its frame."""
    return cut(frame_of(face), face.square.crop_from_frame(size_px, coverage), size_px)


def difference(one: Image, other: Image) -> float:
    """Mean absolute difference, in grey levels."""
    return float(np.abs(one.astype(float) - other).mean())
