"""Aligned faces of DeepFaceLab, as its extractor writes them."""

from __future__ import annotations

import pickle
import struct
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from foreign_files import dfl_dict, dfl_segment, landmarks_68
from measure.made_faces import made_face
from understudy.core.plain_pickle import NotPlainDataError
from understudy.faces.foreign.dfl import metadata_segment, read_dfl
from understudy.faces.foreign.records import ForeignFace, NoMetadataError

PX = 64
JPEG = cv2.imencode(".jpg", np.full((PX, PX, 3), 90, np.uint8))[1].tobytes()
LANDMARKS = landmarks_68(made_face().landmarks_px)
MATRIX = np.array([[0.4, -0.1, 3.0], [0.1, 0.4, -2.0]], np.float32)


def stored(**changes: object) -> dict[str, object]:
    return dfl_dict(LANDMARKS, MATRIX, "00012.png") | changes


def read(content: dict[str, object], protocol: int = 4, name: str = "00012_1.jpg") -> ForeignFace:
    data = dfl_segment(pickle.dumps(content, protocol), JPEG)
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape == (PX, PX, 3)
    return read_dfl(Path("faces") / name, data, PX)


@pytest.mark.parametrize("protocol", range(6))
def test_what_the_extractor_writes(protocol: int) -> None:
    face = read(stored(), protocol)
    assert (face.program, face.face_type, face.source_name) == ("DeepFaceLab", "whole_face", "00012.png")
    assert (face.number_in_frame, face.aligned_px, face.has_picture) == (1, PX, True)
    np.testing.assert_array_equal(face.landmarks_px, LANDMARKS)
    np.testing.assert_allclose(face.aligned_from_frame, MATRIX)
    [polygon] = face.polygons
    assert polygon.is_face
    np.testing.assert_array_equal(polygon.points_px, np.float32([[1, 2], [3, 4], [5, 6.5]]))


def test_without_what_older_versions_lack() -> None:
    older = stored()
    for key in ("image_to_face_mat", "seg_ie_polys", "xseg_mask", "source_filename", "face_type"):
        del older[key]
    face = read(older)
    np.testing.assert_allclose(face.aligned_from_frame, MATRIX, atol=1e-4)
    assert (face.source_name, face.face_type, face.polygons) == ("00012", "full_face", ())
    assert read(older, name="somebody.jpg").source_name == "somebody"


def test_a_matrix_that_does_not_belong_to_the_picture_gives_way_to_the_landmarks() -> None:
    face = read(stored(image_to_face_mat=MATRIX * 2))  # as of a picture that was made smaller
    np.testing.assert_allclose(face.aligned_from_frame, MATRIX, atol=1e-4)
    bent = np.array(stored()["landmarks"]) * [1.0, 1.3]
    with pytest.raises(ValueError, match="contradict each other"):
        read(stored(landmarks=bent.tolist()))


def test_lists_arrays_and_paths() -> None:
    face = read(stored(source_landmarks=LANDMARKS, source_filename="C:\\clips\\..\\00007.png"))
    np.testing.assert_array_equal(face.landmarks_px, LANDMARKS)
    assert face.source_name == "00007.png"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"landmarks": [[0.0, 0.0]] * 67}, "landmarks has 67 entries, not 68"),
        ({"landmarks": np.zeros((68, 3))}, r"landmarks has shape \(68, 3\)"),
        ({"landmarks": [["x", 0.0]] * 68}, "something else than numbers"),
        ({"landmarks": [[float("nan"), 0.0]] * 68}, "numbers that no picture has"),
        ({"landmarks": "many"}, "landmarks is a str"),
        ({"source_landmarks": None}, "source_landmarks is a NoneType"),
        ({"image_to_face_mat": [1, 0, 0]}, "image_to_face_mat has 3 entries"),
        ({"seg_ie_polys": {"polys": 3}}, "mask is no list"),
        ({"seg_ie_polys": {"polys": [{"pts": np.zeros((2, 3))}]}}, "mask polygon has shape"),
        ({"seg_ie_polys": {"polys": [{"pts": [[0.0, 0.0]] * 20_001}]}}, "more than anybody draws"),
        ({"seg_ie_polys": {"polys": [{"pts": np.zeros((20_001, 2), bool)}]}}, "more than anybody draws"),
    ],
)
def test_data_of_another_kind(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(stored(**changes))


@pytest.mark.parametrize("points", [[[1.0, 2.0]] * 10_000, np.ones((10_000, 2), bool)], ids=["list", "array"])
def test_points_that_stand_in_many_places_count_each_time(points: object) -> None:
    polygon = {"type": 1, "pts": points}
    assert len(read(stored(seg_ie_polys={"polys": [polygon] * 2})).polygons) == 2
    started = time.process_time()
    with pytest.raises(ValueError, match="more than anybody draws"):
        read(stored(seg_ie_polys={"polys": [polygon] * 1000}))
    assert time.process_time() - started < 5


@pytest.mark.parametrize("face_type", ["whole\ud800", "two\nlines", 7])
def test_a_face_type_that_cannot_be_shown(face_type: object) -> None:
    assert read(stored(face_type=face_type)).face_type == "full_face"


def test_ordinary_jpegs() -> None:
    with pytest.raises(NoMetadataError):
        read_dfl(Path("a.jpg"), JPEG, PX)
    with pytest.raises(NoMetadataError, match="no landmarks"):
        read({"something": "else"})


class Shouts:
    def __reduce__(self):
        return eval, ("1",)


def test_code_is_refused() -> None:
    with pytest.raises(NotPlainDataError, match=r"it asks for (builtins|__builtin__)\.eval"):
        read(stored(xseg_mask=Shouts()))


def test_damaged_jpegs() -> None:
    data = dfl_segment(pickle.dumps(stored()), JPEG)
    place = data.index(b"\xff\xef")
    for end in (0, 2, place + 3, place + 100, data.index(b"\xff\xda")):
        with pytest.raises(ValueError, match=r"damaged at byte|breaks off|not a JPEG"):
            metadata_segment(data[:end])
    with pytest.raises(ValueError, match="damaged at byte"):
        metadata_segment(data[:place] + b"\0" + data[place + 1 :])
    short = data[: place + 2] + struct.pack(">H", 1) + data[place + 4 :]
    with pytest.raises(ValueError, match="damaged at byte"):
        metadata_segment(short)


def test_of_two_segments_the_last_counts_and_fill_bytes_do_not() -> None:
    twice = dfl_segment(
        b"later", dfl_segment(b"first", JPEG)[:20] + b"\xff" + dfl_segment(b"first", JPEG)[20:]
    )
    assert metadata_segment(twice) == b"first"
