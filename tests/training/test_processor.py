import ctypes

import pytest
import torch

from understudy.training import processor
from understudy.training.processor import tuned, usable_cores


class Library:
    """A C library whose mallopt takes no more than it likes."""

    def __init__(self, most: int) -> None:
        self.calls: list[tuple[int, int]] = []
        self._most = most

    def mallopt(self, setting: int, value: int) -> int:
        self.calls.append((setting, value))
        return int(value <= self._most or setting == -1)


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


@pytest.mark.parametrize(
    ("most", "calls"),
    [
        (2**30, [(-3, 2**30), (-1, 2**30)]),
        (2**25, [(-3, 2**30), (-3, 2**25), (-1, 2**30)]),
        (0, [(-3, 2**30), (-3, 2**25)]),  # refused: glibc must go on growing its own limit
    ],
)
def test_memory_is_kept_as_far_as_the_library_allows(
    most: int, calls: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(most)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    processor._keep_freed_memory()
    assert library.calls == calls


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    with tuned():
        pass


def test_there_is_at_least_one_core() -> None:
    assert usable_cores() >= 1
