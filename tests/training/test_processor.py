import pytest
import torch

from understudy.training.processor import tuned, usable_cores


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
