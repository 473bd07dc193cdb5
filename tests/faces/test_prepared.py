from pathlib import Path

import pytest

from understudy.core import files
from understudy.faces.prepared import prepared

PIECES = {"trunk": b"\x00\x01\x02" * 1000, "about": b"{}"}


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "net.tflite"
    path.write_bytes(b"weights")
    return path


def never() -> dict[str, bytes]:
    raise AssertionError("worked out again")


def only_file() -> Path:
    (path,) = (files.cache_folder() / "prepared").iterdir()
    return path


def test_it_is_worked_out_once(weights: Path) -> None:
    assert prepared(weights, 1, lambda: PIECES) == PIECES
    assert prepared(weights, 1, never) == PIECES


def test_other_weights_or_another_way_are_worked_out_anew(weights: Path) -> None:
    prepared(weights, 1, lambda: PIECES)
    other = {"trunk": b"other"}
    assert prepared(weights, 2, lambda: other) == other
    weights.write_bytes(b"other weights")
    assert prepared(weights, 1, lambda: other) == other


@pytest.mark.parametrize("damage", ["cut", "changed", "empty"])
def test_a_damaged_copy_is_replaced(weights: Path, damage: str) -> None:
    prepared(weights, 1, lambda: PIECES)
    data = only_file().read_bytes()
    changed = data[:-1] + bytes([data[-1] ^ 1])
    only_file().write_bytes({"cut": data[:-7], "changed": changed, "empty": b""}[damage])
    assert prepared(weights, 1, lambda: PIECES) == PIECES
    assert prepared(weights, 1, never) == PIECES


def test_a_cache_that_cannot_be_written_to_only_costs_time(weights: Path) -> None:
    files.cache_folder().mkdir(parents=True)
    (files.cache_folder() / "prepared").write_bytes(b"a file where the folder should be")
    assert prepared(weights, 1, lambda: PIECES) == PIECES
