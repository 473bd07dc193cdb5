"""What an imported picture shows of a face, and what lies beyond its border or its frame's."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from foreign_files import landmarks_68
from understudy.core.events import ignore
from understudy.core.types import Frame, Matrix
from understudy.faces.crop import STORED_COVERAGE, cut
from understudy.faces.face import Face
from understudy.faces.faceset import Faceset
from understudy.faces.foreign.records import ForeignFace
from understudy.media.reader import VideoReader
from understudy.workflows.import_look import ImportLook
from understudy.workflows.import_pictures import Shown, ShownFrame

PX = 256


@pytest.fixture(scope="module")
def known(clips: dict[str, Path], facesets: tuple[Path, Path]) -> tuple[Frame, Face]:
    with VideoReader(clips["target"]) as reader, Faceset.open(facesets[1]) as faceset:
        return next(iter(reader)), next(iter(faceset.faces())).face


def foreign_face(
    landmarks_px: np.ndarray, *, aligned_from_frame: Matrix | None = None, aligned_px: int | None = None
) -> ForeignFace:
    """Another program's face with these (468, 3) landmarks, with or without an aligned picture."""
    return ForeignFace(
        program="faceswap" if aligned_px is None else "DeepFaceLab",
        file=Path("faces"),
        has_picture=aligned_px is not None,
        source_name="00001.png",
        number_in_frame=0,
        landmarks_px=landmarks_68(landmarks_px.astype(np.float32)),
        aligned_from_frame=aligned_from_frame,
        aligned_px=aligned_px,
        face_type="head" if aligned_px is None else "face",
    )


def test_what_the_picture_or_the_frame_leaves_out(known: tuple[Frame, Face]) -> None:
    frame, face = known
    points = face.landmarks_px[:, :2]
    matrix = face.square.crop_from_frame(PX, 0.85)
    in_picture = points @ matrix[:, :2].T + matrix[:, 2]
    foreign = foreign_face(face.landmarks_px, aligned_from_frame=matrix, aligned_px=PX)
    shown = Shown(
        face=foreign,
        image=np.asarray(cv2.warpAffine(frame.image, matrix, (PX, PX)), np.uint8),
        frame_from_image=np.asarray(cv2.invertAffineTransform(matrix), np.float32),
    )
    of_frame = ShownFrame(index=0, pts=0, time_base=Fraction(1, 25), faces=[shown], missing={})
    looks = ImportLook(ignore)
    inside = ((in_picture >= 0) & (in_picture < PX)).all(axis=1)
    assert 0.7 < inside.mean() < 0.98
    # a frame that ends at the nose: what the picture has beyond was never footage
    width = round(float(points[4, 0]))
    for size, expected in [(None, inside), ((width, 1000), inside & (points[:, 0] < width))]:
        seen = looks.look(replace(shown, face=replace(foreign, frame_size_px=size)))
        assert seen is not None
        found = looks.shown_face(of_frame, seen, seen.in_frame)
        assert (found.is_inside == expected).mean() > 0.95
        assert found.reason == ""
        assert found.figures["seen_share"] < 0.5


def test_of_a_large_picture_only_what_is_around_the_face_is_held(known: tuple[Frame, Face]) -> None:
    frame, face = known
    shift = np.float32([700, 900])
    large = np.zeros((2400, 2600, 3), np.uint8)
    large[900 : 900 + frame.image.shape[0], 700 : 700 + frame.image.shape[1]] = frame.image
    foreign = foreign_face(face.landmarks_px + np.append(shift, 0))
    shown = Shown(face=foreign, image=large, frame_from_image=np.eye(2, 3, dtype=np.float32))
    looks = ImportLook(ignore)
    seen = looks.look(shown)
    assert seen is not None
    assert seen.image.base is None
    assert max(seen.image.shape) < 4.5 * face.square.side_px
    found = looks.shown_face(
        ShownFrame(index=0, pts=0, time_base=Fraction(1, 25), faces=[], missing={}), seen, seen.in_frame
    )
    assert found.figures["seen_share"] == 1
    size = found.crop.shape[0]
    matrix = seen.in_frame.square.crop_from_frame(size, STORED_COVERAGE)
    assert np.abs(found.crop.astype(int) - cut(large, matrix, size)).max() <= 2
    away = seen.in_frame.landmarks_px[:, :2] - face.landmarks_px[:, :2] - shift
    assert np.linalg.norm(away, axis=1).mean() < 1.5
