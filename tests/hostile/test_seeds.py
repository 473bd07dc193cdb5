"""What fuzzing starts from, and whatever it has found: all of it is taken or refused, nothing fails."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from hostile.small import cheaply
from targets import TARGETS, check_of
from targets.small_model import small_preset

SEEDS = Path(__file__).parents[2] / "fuzz" / "seeds"
FILES = [
    pytest.param(name, file, id=f"{name} {file.name}")
    for name in TARGETS
    for file in sorted((SEEDS / name).iterdir())
]


@pytest.fixture(scope="module", autouse=True)
def _models_may_be_small() -> Generator[None]:
    with small_preset():
        yield


def test_every_parser_has_seeds_and_they_are_small() -> None:
    assert {folder.name for folder in SEEDS.iterdir()} == set(TARGETS)
    assert sum(file.stat().st_size for file in SEEDS.rglob("*") if file.is_file()) < 1_000_000


@pytest.mark.parametrize(("name", "file"), FILES)
def test_it_is_taken_or_refused(name: str, file: Path) -> None:
    check = check_of(name)
    with cheaply():
        check(file.read_bytes())
