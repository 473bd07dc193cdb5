import pytest
import torch

from understudy.core.errors import ConfigError
from understudy.training.processor import CPU, find_device, tuned, usable_cores


def flushes() -> bool:
    return float(torch.tensor([1e-42]) * 1) == 0


def test_numbers_next_to_zero_are_zero_inside_and_not_after_an_error() -> None:
    assert not flushes()
    inside: list[bool] = []

    def fail() -> None:
        with tuned():
            inside.append(flushes())
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        fail()
    assert inside == [True]
    assert not flushes()


def test_there_is_at_least_one_core() -> None:
    assert usable_cores() >= 1


def test_auto_is_a_gpu_where_there_is_one() -> None:
    assert find_device("cpu") == CPU
    assert find_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:-1", "auto:0", "cpu:1", "", "cuda:x"])
def test_a_device_of_no_such_name_is_told(name: str) -> None:
    with pytest.raises(ConfigError, match="unknown device") as caught:
        find_device(name)
    assert "auto, cpu, cuda" in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="the error is that of a machine without a CUDA GPU")
def test_a_gpu_that_is_not_there_is_told_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match="no CUDA device is to be seen") as caught:
        find_device("cuda")
    assert "use the device cpu" in str(caught.value)


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a CUDA GPU: its numbers are asked of the driver"
)
def test_a_gpu_beyond_the_last_is_told() -> None:
    with pytest.raises(ConfigError, match="the last one is cuda:"):
        find_device("cuda:99")
