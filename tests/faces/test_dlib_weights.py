import numpy as np
import pytest

from understudy.core.errors import WeightsError
from understudy.faces.dlib_weights import (
    AddEarlier,
    Affine,
    Convolution,
    Dense,
    Picture,
    Pool,
    Rectify,
    read_layers,
)
from understudy.faces.weights import weights_path

_FIRST_CONVOLUTION = b"\x01\x05con_4\x01\x02\x02\x80\x12"  # name, version of the array, 4736 rows


@pytest.fixture(scope="module")
def stored() -> bytes:
    return weights_path("dlib_face_recognition_resnet_model_v1.dat").read_bytes()


def test_all_layers_are_read(stored: bytes) -> None:
    layers = read_layers(stored, "file")
    first, *_ = layers
    assert isinstance(first, Picture)
    assert first.size_px == 150
    assert first.mean_rgb == pytest.approx((122.782, 117.001, 104.298))
    assert isinstance(layers[1], Convolution)
    assert layers[1].weights.shape == (32, 3, 7, 7)
    assert isinstance(layers[-1], Dense)
    assert layers[-1].weights.shape == (256, 128)
    kinds = [type(layer) for layer in layers]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        Picture: 1,
        Convolution: 29,
        Affine: 29,
        Rectify: 29,
        Pool: 6,
        AddEarlier: 14,
        Dense: 1,
    }


@pytest.mark.parametrize("length", [0, 1, 9, 200, 300, 345, 5_000, 19_370, 1_000_000, 22_466_065])
def test_a_file_that_ends_early_is_refused(stored: bytes, length: int) -> None:
    with pytest.raises(WeightsError, match=r"file is not a network that can be read .*it ends where .*pull"):
        read_layers(stored[:length], "file")


def test_a_file_that_goes_on_is_refused(stored: bytes) -> None:
    with pytest.raises(WeightsError, match="it ends where 48 more bytes are needed"):
        read_layers(stored + b"\x01\x30", "file")


@pytest.mark.parametrize(
    ("instead", "why"),
    [
        (b"\x01\x05nop_4\x01\x02\x02\x80\x12", "a layer 'nop_4'"),
        (b"\x01\x05con_4\x01\x03\x02\x80\x12", "version of an array is 3, not 2"),
        (b"\x01\x05con_4\x01\x02\x82\x80\x12", "an extent is -4736"),
        (b"\x01\x05con_4\x01\x02\x08" + b"\xff" * 7 + b"\x7f", r"an extent is 9\d{18}"),
        (b"\x01\x05con_4\x01\x02\x04\x00\x00\x00\x01", r"it ends where \d+ more bytes are needed"),
        (b"\x01\x05con_4\x01\x02\x12\x80\x12", "a number starts with the byte 0x12"),
        (b"\x01\x05con_4\x01\x02\x00", "a number starts with the byte 0x00"),
        (b"\x08" + b"\xff" * 8, "name's length is 18446744073709551615"),
    ],
)
def test_what_is_not_known_is_refused(stored: bytes, instead: bytes, why: str) -> None:
    assert stored.count(_FIRST_CONVOLUTION) == 1
    with pytest.raises(WeightsError, match=why):
        read_layers(stored.replace(_FIRST_CONVOLUTION, instead), "file")


def test_weights_that_are_no_numbers_are_refused(stored: bytes) -> None:
    at = stored.index(_FIRST_CONVOLUTION) + len(_FIRST_CONVOLUTION) + 6
    not_a_number = np.array([np.nan], "<f4").tobytes()
    with pytest.raises(WeightsError, match="a weight is not a number"):
        read_layers(stored[:at] + not_a_number + stored[at + 4 :], "file")


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_refused(stored: bytes, seed: int) -> None:
    noise = np.random.default_rng(seed)
    garbled = bytearray(stored[:25_000])
    for at in noise.integers(0, 341, size=3):
        garbled[at] = noise.integers(256)
    with pytest.raises(WeightsError):
        read_layers(bytes(garbled), "file")
    with pytest.raises(WeightsError):
        read_layers(noise.bytes(10_000), "file")
