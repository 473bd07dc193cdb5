"""Pictures and alignments files of faceswap, as it writes them."""

from __future__ import annotations

import pickle
import struct
import time
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from foreign_files import (
    alignments_file,
    faceswap_alignment,
    faceswap_header,
    itxt,
    landmarks_68,
    with_chunk,
)
from measure.made_faces import made_face
from understudy.core.plain_pickle import NotPlainDataError
from understudy.core.types import Points
from understudy.faces.foreign import faceswap
from understudy.faces.foreign.faceswap import read_alignments, read_faceswap_png
from understudy.faces.foreign.records import ForeignFace, NoMetadataError

PX = 64
PNG = cv2.imencode(".png", np.full((PX, PX, 3), 90, np.uint8))[1].tobytes()
LANDMARKS = landmarks_68(made_face().landmarks_px)
HEADER = faceswap_header(LANDMARKS, (480, 640, 3), "clip_000012.mp4", index=1)


def read(chunk: bytes) -> ForeignFace:
    return read_faceswap_png(Path("faces/clip_000012_1.png"), with_chunk(PNG, chunk), PX)


def test_what_the_extractor_writes() -> None:
    face = read(itxt("a note", key=b"Comment") + itxt(str(HEADER)))
    assert (face.program, face.face_type, face.source_name) == ("faceswap", "head", "clip_000012.mp4")
    assert (face.number_in_frame, face.aligned_px, face.frame_size_px) == (1, PX, (640, 480))
    np.testing.assert_array_equal(face.landmarks_px, LANDMARKS)
    assert face.aligned_from_frame is None  # faceswap does not store it


def test_a_plain_text_chunk_does_too() -> None:
    content = b"faceswap\0" + str(HEADER).encode()
    crc = struct.pack(">I", zlib.crc32(b"tEXt" + content))
    assert read(struct.pack(">I", len(content)) + b"tEXt" + content + crc).source_name == "clip_000012.mp4"


def test_ordinary_and_damaged_pngs() -> None:
    with pytest.raises(NoMetadataError):
        read(b"")
    whole = with_chunk(PNG, itxt(str(HEADER)))
    for broken in (whole[:4], whole[:20], whole[:60], PNG[: PNG.index(b"IDAT") - 4]):
        with pytest.raises(ValueError, match=r"damaged at byte|breaks off|not a PNG"):
            read_faceswap_png(Path("a.png"), broken, PX)


@pytest.mark.parametrize("version", [1.0, 3.0, "2.4", None, True, [[2.4]]])
def test_other_versions(version: object) -> None:
    header = faceswap_header(LANDMARKS, (480, 640), "a.png", version=version)
    with pytest.raises(ValueError, match="version"):
        read(itxt(str(header)))
    with pytest.raises(ValueError, match="version"):
        read_alignments(Path("a.fsa"), alignments_file([], version=version))


@pytest.mark.parametrize("version", [2.0, 2.1, 2.4, 2])
def test_versions_of_alignments(version: float) -> None:
    data = alignments_file([("a_000001.png", [LANDMARKS]), ("a_000002.png", [])], version)
    found = read_alignments(Path("a.fsa"), data)
    assert found.version == version
    [face] = found.faces()
    assert (face.source_name, face.has_picture, face.number_in_frame) == ("a_000001.png", False, 0)
    np.testing.assert_array_equal(face.landmarks_px, LANDMARKS)


def shown(landmarks: Points, name: str, index: int = 0) -> ForeignFace:
    return read(itxt(str(faceswap_header(landmarks, (480, 640), name, index))))


def found_in(frames: list[tuple[str, list[Points]]], *faces: ForeignFace) -> list[Points | None]:
    found = read_alignments(Path("a.fsa"), alignments_file(frames)).of(faces)
    return [None if face is None else face.landmarks_px for face in found]


def test_alignments_are_found_by_frame_whatever_its_ending() -> None:
    moved = LANDMARKS + 3
    faces = shown(LANDMARKS, "clip_000012.mp4"), shown(LANDMARKS, "clip_000013.mp4")
    [here, elsewhere] = found_in([("clip_000012.png", [moved])], *faces)
    np.testing.assert_array_equal(here, moved)
    assert elsewhere is None


def test_frames_that_differ_in_their_endings_keep_their_faces() -> None:
    frames = [("a.png", [LANDMARKS + 1]), ("a.jpg", [LANDMARKS + 2])]
    png, jpg, either = found_in(frames, *[shown(LANDMARKS, f"a.{end}") for end in ("png", "jpg", "bmp")])
    np.testing.assert_array_equal(png, LANDMARKS + 1)
    np.testing.assert_array_equal(jpg, LANDMARKS + 2)
    assert either is None


def test_a_removed_face_leaves_the_others_theirs() -> None:
    beside = LANDMARKS + np.float32([300, 0])
    faces = shown(LANDMARKS, "a.png", 0), shown(beside, "a.png", 1)
    [removed, kept] = found_in([("a.png", [beside + 3])], *faces)
    assert removed is None
    np.testing.assert_array_equal(kept, beside + 3)
    # found twice in one place, and one removed
    [removed, kept] = found_in(
        [("a.png", [LANDMARKS + 5])], shown(LANDMARKS, "a.png"), shown(LANDMARKS + 5, "a.png", 1)
    )
    assert removed is None
    np.testing.assert_array_equal(kept, LANDMARKS + 5)


def packed(content: object) -> bytes:
    return zlib.compress(pickle.dumps(content))


def test_alignments_of_another_kind() -> None:
    face = faceswap_alignment(LANDMARKS, listed=True)
    meta = {"version": 2.4}
    for content, message in [
        ({"a.png": {"faces": [face]}}, "does not say of which version"),
        ([1], "content is a list"),
        ({"__meta__": meta, "__data__": {"a.png": [face]}}, "entry of frame a.png is a list"),
        (
            {"__meta__": meta, "__data__": {"a.png": {"faces": [face | {"landmarks_xy": None}]}}},
            "landmarks_xy",
        ),
        ({"__meta__": meta, "__data__": {1: {"faces": []}}}, "entry of frame 1 has no list"),
        ({"__meta__": meta}, "__data__ is a NoneType"),
        ({"__meta__": meta, "__data__": {"a.png": {"faces": []}, "b/a.png": {"faces": []}}}, "a.png twice"),
        ({"__meta__": meta, "__data__": {"a.png": {"faces": [face] * 200_001}}}, "more than 200000 faces"),
    ]:
        with pytest.raises(ValueError, match=message):
            read_alignments(Path("a.fsa"), packed(content))


def test_damaged_alignments(monkeypatch: pytest.MonkeyPatch) -> None:
    data = alignments_file([("a.png", [LANDMARKS])])
    for broken in (b"", data[:50], data[:-10], b"x" + data, data[:60] + b"\0" * 9 + data[69:]):
        with pytest.raises(ValueError, match=r"breaks off|no compressed"):
            read_alignments(Path("a.fsa"), broken)
    monkeypatch.setattr(faceswap, "UNPACKED_BYTES", 4 << 20)
    bomb = zlib.compress(b"\0" * (1 << 28))
    assert len(bomb) < 1 << 19
    with pytest.raises(ValueError, match="unpacks to more than 4 MB"):
        read_alignments(Path("a.fsa"), bomb)


def test_a_small_file_costs_little() -> None:
    rows = [[1.0, 2.0]] * 68
    # one face by reference, and faces of their own whose points are one object
    for faces in [[{"landmarks_xy": rows}] * 200_000, [{"landmarks_xy": list(rows)} for _ in range(5000)]]:
        data = packed({"__meta__": {"version": 2.4}, "__data__": {"a.png": {"faces": faces}}})
        assert len(data) < 10_000
        started = time.process_time()
        assert sum(1 for _ in read_alignments(Path("a.fsa"), data).faces()) == len(faces)
        assert time.process_time() - started < 10
    bomb = zlib.compress(b"\0" * (16 << 20))
    with pytest.raises(ValueError, match="unpacks to more than 1 MB"):
        read_alignments(Path("a.fsa"), bomb)


class Shouts:
    def __reduce__(self):
        return eval, ("1",)


def test_code_is_refused() -> None:
    with pytest.raises(NotPlainDataError, match="eval"):
        read_alignments(Path("a.fsa"), packed({"__meta__": {"version": 2.4}, "__data__": {"a": Shouts()}}))
    with pytest.raises(ValueError, match="no plain value"):
        read(itxt("__import__('os').system('true')"))
    with pytest.raises(ValueError, match="deep"):
        read(itxt("[" * 100_000))
