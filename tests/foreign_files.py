"""Files as DeepFaceLab and faceswap write them, made here from known faces."""

from __future__ import annotations

import pickle
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from understudy.core.types import Image, Matrix, Points
from understudy.faces.face import FaceSquare
from understudy.faces.refit import region_of_landmarks

# the mesh points that lie nearest to the usual 68
MESH_68 = (
    *(127, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 356),
    *(70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 168, 197, 5, 4, 98, 97, 2, 326, 327),
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87),
)


def landmarks_68(mesh_px: Points) -> Points:
    """(68, 2) float32 of a (468, 3) mesh."""
    return mesh_px[list(MESH_68), :2].astype(np.float32)


def dfl_segment(content: bytes, jpeg: bytes) -> bytes:
    """A JPEG with a segment APP15, behind its APP0."""
    assert jpeg[2:4] == b"\xff\xe0"
    after = 4 + int.from_bytes(jpeg[4:6], "big")
    return jpeg[:after] + b"\xff\xef" + struct.pack(">H", len(content) + 2) + content + jpeg[after:]


def dfl_dict(landmarks_px: Points, face_from_image: Matrix, source_name: str) -> dict[str, object]:
    """What DeepFaceLab's extractor stores of a face."""
    in_picture = landmarks_px @ face_from_image[:, :2].T + face_from_image[:, 2]
    low, high = landmarks_px.min(axis=0), landmarks_px.max(axis=0)
    return {
        "face_type": "whole_face",
        "landmarks": in_picture.tolist(),
        "source_filename": source_name,
        "source_rect": np.concatenate([low, high]).astype(int),
        "source_landmarks": landmarks_px.tolist(),
        "image_to_face_mat": face_from_image.astype(np.float64),
        "seg_ie_polys": {"polys": [{"type": 1, "pts": np.float32([[1, 2], [3, 4], [5, 6.5]])}]},
        "xseg_mask": np.frombuffer(cv2.imencode(".png", np.zeros((64, 64), np.uint8))[1].tobytes(), np.uint8),
    }


def write_dfl(
    path: Path, image: Image, landmarks_px: Points, matrix: Matrix, side_px: int, source_name: str
) -> None:
    """An aligned face of DeepFaceLab, cut from a frame."""
    picture = cv2.warpAffine(image, matrix, (side_px, side_px), flags=cv2.INTER_LANCZOS4)
    jpeg = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 96])[1].tobytes()
    content = pickle.dumps(dfl_dict(landmarks_px, matrix, source_name), protocol=4)
    path.write_bytes(dfl_segment(content, jpeg))


def faceswap_alignment(landmarks_px: Points, *, listed: bool) -> dict[str, object]:
    """What faceswap stores of a face: in an alignments file as arrays, in a picture as lists."""
    low, high = landmarks_px.min(axis=0).astype(int), landmarks_px.max(axis=0).astype(int)
    mask: dict[str, object] = {
        "mask": zlib.compress(np.full((128, 128, 1), 255, np.uint8).tobytes()),
        "affine_matrix": np.eye(2, 3),
        "interpolator": 2,
        "stored_size": 128,
        "stored_centering": "face",
    }
    vector = np.linspace(-1, 1, 512).astype(np.float32)
    if not listed:
        mask["affine_matrix"] = np.eye(2, 3).tolist()
    face: dict[str, object] = {
        "x": int(low[0]),
        "w": int(high[0] - low[0]),
        "y": int(low[1]),
        "h": int(high[1] - low[1]),
        "landmarks_xy": landmarks_px if listed else landmarks_px.tolist(),
        "mask": {"components": mask},
        "identity": {"vggface2": vector if listed else vector.tolist()},
    }
    if listed:
        face["thumb"] = np.arange(300, dtype=np.uint8)
    return face


def itxt(text: str, key: bytes = b"faceswap") -> bytes:
    """A PNG text chunk as faceswap packs it."""
    content = key + b"\0\0\0\0\0" + text.encode()
    crc = zlib.crc32(b"iTXt" + content)
    return struct.pack(">I", len(content)) + b"iTXt" + content + struct.pack(">I", crc)


def with_chunk(png: bytes, chunk: bytes) -> bytes:
    """A PNG with one chunk more, before its picture."""
    place = png.index(b"IDAT") - 4
    return png[:place] + chunk + png[place:]


def faceswap_header(
    landmarks_px: Points,
    frame_shape: tuple[int, ...],
    source_name: str,
    index: int = 0,
    version: object = 2.4,
) -> dict[str, object]:
    """What faceswap's extractor writes into a picture."""
    return {
        "alignments": faceswap_alignment(landmarks_px, listed=False),
        "source": {
            "alignments_version": version,
            "original_filename": f"{Path(source_name).stem}_{index}.png",
            "face_index": index,
            "source_filename": source_name,
            "source_is_video": True,
            "source_frame_dims": tuple(frame_shape[:2]),
        },
    }


def aligned_from_frame(landmarks_px: Points, side_px: int) -> Matrix:
    """A similarity that shows a head: upright, about twice as wide as the face. faceswap's is another one."""
    face = region_of_landmarks(landmarks_px)
    up = 0.12 * face.side_px * np.array([np.sin(face.roll_rad), -np.cos(face.roll_rad)])
    head = FaceSquare(
        x_px=face.x_px + float(up[0]),
        y_px=face.y_px + float(up[1]),
        side_px=face.side_px,
        roll_rad=face.roll_rad + 0.05,
    )
    return head.crop_from_frame(side_px, 2.2)


def write_faceswap(path: Path, image: Image, landmarks_px: Points, side_px: int, source_name: str) -> None:
    """An aligned face of faceswap, cut from a frame."""
    matrix = aligned_from_frame(landmarks_px, side_px)
    picture = cv2.warpAffine(image, matrix, (side_px, side_px), flags=cv2.INTER_CUBIC)
    png = cv2.imencode(".png", picture[..., ::-1])[1].tobytes()
    header = str(faceswap_header(landmarks_px, image.shape, source_name))
    path.write_bytes(with_chunk(png, itxt(header)))


def alignments_file(frames: Iterable[tuple[str, list[Points]]], version: object = 2.4) -> bytes:
    """An alignments file of faceswap."""
    data = {
        name: {"faces": [faceswap_alignment(points, listed=True) for points in faces], "video_meta": {}}
        for name, faces in frames
    }
    return zlib.compress(pickle.dumps({"__meta__": {"version": version}, "__data__": data}))
