import ctypes

import pytest

from understudy.core.allocator import keep_freed_memory


class Library:
    """A C library whose mallopt takes no more than it likes."""

    def __init__(self, most: int) -> None:
        self.calls: list[tuple[int, int]] = []
        self._most = most

    def mallopt(self, setting: int, value: int) -> int:
        self.calls.append((setting, value))
        return int(value <= self._most or setting == -1)


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
    keep_freed_memory()
    assert library.calls == calls


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    keep_freed_memory()
