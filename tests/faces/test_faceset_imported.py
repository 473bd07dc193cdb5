"""What another program knew of faces comes back; facesets without it are as before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from made_facesets import write_faceset
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_imported import ImportedFace
from understudy.faces.foreign.records import MaskPolygon

FACE = ImportedFace(
    source_id=1,
    frame_index=4,
    number=0,
    track=2,
    program="DeepFaceLab",
    file="00005_0.jpg",
    frame_name="00005.png",
    face_type="whole_face",
    landmarks_px=np.arange(136, dtype=np.float32).reshape(68, 2) / 7,
    aligned_from_frame=np.float32([[1, 2, 3], [-2, 1, 4.5]]),
    aligned_px=256,
    polygons=(MaskPolygon(is_face=False, points_px=np.float32([[1, 2.5], [3, 4]])),),
)


def test_it_comes_back_and_is_replaced(tmp_path: Path) -> None:
    folder = write_faceset(tmp_path / "a", "clip.mp4", [{}])
    with Faceset.open(folder) as faceset:
        digest = faceset.digest()
        assert faceset.imported() == []
        lost = replace(FACE, frame_index=2, track=None, polygons=(), file="\udcff.jpg", face_type="\ud800")
        faceset.note_imported([FACE, lost])
        faceset.note_imported([replace(FACE, file="b.jpg")])
        assert faceset.digest() == digest
    with Faceset.open(folder) as faceset:
        first, second = faceset.imported()
        assert (first.track, first.file, first.face_type, first.polygons) == (None, "?.jpg", "?", ())
        assert (second.track, second.file, second.aligned_px) == (2, "b.jpg", 256)
        np.testing.assert_array_equal(second.landmarks_px, FACE.landmarks_px)
        np.testing.assert_array_equal(second.aligned_from_frame, FACE.aligned_from_frame)
        np.testing.assert_array_equal(second.polygons[0].points_px, FACE.polygons[0].points_px)
        assert not second.polygons[0].is_face
        assert faceset.problems() == []


def test_what_a_program_does_not_store(tmp_path: Path) -> None:
    folder = write_faceset(tmp_path / "a", "clip.mp4", [{}])
    with Faceset.open(folder) as faceset:
        faceset.note_imported([replace(FACE, aligned_from_frame=None, aligned_px=None)])
    with Faceset.open(folder) as faceset:
        [face] = faceset.imported()
    assert (face.aligned_from_frame, face.aligned_px) == (None, None)


def test_what_is_not_finite_is_refused(tmp_path: Path) -> None:
    folder = write_faceset(tmp_path / "a", "clip.mp4", [{}])
    with Faceset.open(folder) as faceset:
        with pytest.raises(ValueError, match="finite"):
            faceset.note_imported([FACE, replace(FACE, number=1, landmarks_px=FACE.landmarks_px * np.nan)])
        assert faceset.imported() == []
