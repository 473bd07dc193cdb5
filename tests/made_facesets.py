"""Facesets on disk of faces made from the template."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from measure.made_faces import made_face, picture_of
from understudy.faces.crop import STORED_COVERAGE, cut
from understudy.faces.faceset import FaceRecord, Faceset, SourceRecord
from understudy.media.images import encode_jpeg

RATE = Fraction(25)
CROP_PX = 128
Look = dict[str, object]  # arguments of `made_face`


def write_faceset(folder: Path, footage: str, looks: Iterable[Look], *, shade: bool = False) -> Path:
    """A faceset of faces that look so; a shaded one is dark on the picture's left."""
    source = SourceRecord(
        path=Path(f"clips/{footage}"),
        sha256=f"{sum(footage.encode()):064x}",
        rate=RATE,
        time_base=1 / RATE,
        width_px=256,
        height_px=256,
    )
    with Faceset.create(folder, folder.name) as faceset:
        state = faceset.begin_source(source)
        records: list[FaceRecord] = []
        for index, look in enumerate(looks):
            face = made_face(**look)  # type: ignore[arg-type]
            image = picture_of(face)
            if shade:
                image[:, :128] //= 4
            matrix = face.square.crop_from_frame(CROP_PX, STORED_COVERAGE)
            crop = cut(image, matrix, CROP_PX)
            records.append(
                FaceRecord(
                    face=face,
                    frame_index=index,
                    pts=index,
                    time_base=1 / RATE,
                    crop_jpeg=encode_jpeg(crop),
                    crop_size_px=CROP_PX,
                    crop_from_frame=matrix,
                )
            )
        faceset.append(state.id, records, len(records))
        faceset.finish_source(state.id, len(records))
    return folder
