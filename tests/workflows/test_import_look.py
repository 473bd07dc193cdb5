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
from understudy.core.types import Frame
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


def test_what_the_picture_or_the_frame_leaves_out(known: tuple[Frame, Face]) -> None:
    frame, face = known
    points = face.landmarks_px[:, :2]
    matrix = face.square.crop_from_frame(PX, 0.85)
    in_picture = points @ matrix[:, :2].T + matrix[:, 2]
    foreign = ForeignFace(
        program="DeepFaceLab",
        file=Path("00001_0.jpg"),
        has_picture=True,
        source_name="00001.png",
        number_in_frame=0,
        landmarks_px=landmarks_68(face.landmarks_px),
        aligned_from_frame=matrix,
        aligned_px=PX,
        face_type="face",
    )
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
