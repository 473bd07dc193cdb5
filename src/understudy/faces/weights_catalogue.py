"""The catalogue of pretrained weights: which files, under which licence, and what carries them.

Each file is pinned by its sha256 and travels in a package of the Python index: packages are
immutable and mirrored wherever packages are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package that carries weights.

    Args:
        name: its name in the index.
        version: its version.
        kind: which of its archives is read.
        sha256: of the archive; pip refuses any other before it looks inside.
        megabytes: size of the archive, 1e6 bytes.
    """

    name: str
    version: str
    kind: Literal["wheel", "sdist"]
    sha256: str
    megabytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """One file of the catalogue.

    Args:
        name: file name, unique in the catalogue.
        licence: SPDX identifier of the weights.
        package: what carries it.
        member: path inside the package's archive.
        sha256: of the file, 64 hex digits.
        size_bytes: length of the file.
    """

    name: str
    licence: str
    package: Package
    member: str
    sha256: str
    size_bytes: int


_MEDIAPIPE = Package(
    name="mediapipe",
    version="0.10.21",
    kind="wheel",
    sha256="956eb1ebc275c629e61b085b2cab89c3a5b9e93bad1bb107348d98dafb5a4bb5",
    megabytes=35.6,
)
_DLIB_MODELS = Package(
    name="face-recognition-models",
    version="0.3.0",
    kind="sdist",
    sha256="b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
    megabytes=100.1,
)

CATALOGUE: dict[str, WeightsFile] = {
    file.name: file
    for file in (
        WeightsFile(
            name="face_detection_short_range.tflite",
            licence="Apache-2.0",
            package=_MEDIAPIPE,
            member="mediapipe/modules/face_detection/face_detection_short_range.tflite",
            sha256="bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
            size_bytes=229_714,
        ),
        WeightsFile(
            name="face_detection_full_range_sparse.tflite",
            licence="Apache-2.0",
            package=_MEDIAPIPE,
            member="mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
            sha256="2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
            size_bytes=676_746,
        ),
        WeightsFile(
            name="face_landmark_with_attention.tflite",
            licence="Apache-2.0",
            package=_MEDIAPIPE,
            member="mediapipe/modules/face_landmark/face_landmark_with_attention.tflite",
            sha256="e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
            size_bytes=2_495_106,
        ),
        WeightsFile(
            name="dlib_face_recognition_resnet_model_v1.dat",
            licence="CC0-1.0",
            package=_DLIB_MODELS,
            member="face_recognition_models-0.3.0/face_recognition_models/models/"
            "dlib_face_recognition_resnet_model_v1.dat",
            sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
            size_bytes=22_466_066,
        ),
    )
}
