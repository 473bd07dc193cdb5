"""The real networks, loaded once; their weights are fetched where they are not here."""

from __future__ import annotations

import numpy as np
import pytest

import actors
from understudy.core.types import Frame
from understudy.faces.detect import FULL_RANGE, SHORT_RANGE, BlazeFace
from understudy.faces.face import Face
from understudy.faces.finder import FaceFinder
from understudy.faces.landmark import MeshNetwork
from understudy.faces.weights import weights_path


@pytest.fixture(scope="session")
def short_range() -> BlazeFace:
    return BlazeFace(weights_path("face_detection_short_range.tflite"), SHORT_RANGE)


@pytest.fixture(scope="session")
def full_range() -> BlazeFace:
    return BlazeFace(weights_path("face_detection_full_range_sparse.tflite"), FULL_RANGE)


@pytest.fixture(scope="session")
def mesh_network() -> MeshNetwork:
    return MeshNetwork(weights_path("face_landmark_with_attention.tflite"))


@pytest.fixture(scope="session")
def performance() -> list[tuple[Frame, Face]]:
    """The 100 frames of A_testA, each with its one face."""
    found = list(FaceFinder().stream(actors.frames_of("A_testA", stop=100)))
    assert [len(faces) for _, faces in found] == [1] * 100
    return [(frame, faces[0]) for frame, faces in found]


@pytest.fixture(scope="session")
def still() -> np.ndarray:
    """One (384, 384, 3) frame of A_testA."""
    return actors.frames_of("A_testA", stop=1)[0].image
