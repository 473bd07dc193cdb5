"""dlib itself says what its network gives."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import dlib
import numpy as np
import pytest

from understudy.core.errors import WeightsError
from understudy.core.types import Frame, Image
from understudy.faces.dlib_network import DlibNetwork
from understudy.faces.face import Face
from understudy.faces.identify import face_chip
from understudy.faces.weights import weights_path


@pytest.fixture(scope="module")
def weights() -> Path:
    return weights_path("dlib_face_recognition_resnet_model_v1.dat")


@pytest.fixture(scope="module")
def network(weights: Path) -> DlibNetwork:
    return DlibNetwork(weights)


@pytest.fixture(scope="module")
def chips(performance: list[tuple[Frame, Face]]) -> list[Image]:
    """Faces, and a picture that is none."""
    noise = np.random.default_rng(0).integers(0, 256, (150, 150, 3), np.uint8)
    return [*(face_chip(frame.image, face, 150) for frame, face in performance[::30]), noise]


def test_the_network_gives_what_dlib_gives(network: DlibNetwork, weights: Path, chips: list[Image]) -> None:
    oracle = dlib.face_recognition_model_v1(str(weights))
    for chip in chips:
        ours, theirs = network.vector(chip), np.array(oracle.compute_face_descriptor(chip))
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


def test_two_threads_get_what_one_gets(network: DlibNetwork, chips: list[Image]) -> None:
    alone = [network.vector(chip) for chip in chips]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(network.vector, chips * 5))
    np.testing.assert_array_equal(together, alone * 5)


def test_another_network_is_refused(weights: Path, tmp_path: Path) -> None:
    # one layer more: the last one twice
    stored = weights.read_bytes()
    (tmp_path / "longer.dat").write_bytes(stored + stored[stored.rindex(b"\x01\x04fc_2") :])
    with pytest.raises(WeightsError, match=r"longer\.dat .*it has 110 layers, not 109"):
        DlibNetwork(tmp_path / "longer.dat")
    # the maximum where the mean of everything belongs: every layer can be read, but not this network
    at = stored.rindex(b"avg_pool_2")
    (tmp_path / "other.dat").write_bytes(stored[:at] + b"max" + stored[at + 3 :])
    with pytest.raises(WeightsError, match=r"other\.dat is not the face recognition network"):
        DlibNetwork(tmp_path / "other.dat")


def test_a_chip_of_another_size_is_refused(network: DlibNetwork, chips: list[Image]) -> None:
    with pytest.raises(ValueError, match="150"):
        network.vector(cv2.resize(chips[0], (100, 100)).astype(np.uint8))
