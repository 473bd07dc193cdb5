"""Footage that lies beside the project and is no part of it: too large, and not ours to pass on."""

from __future__ import annotations

from pathlib import Path

import pytest

_BESIDE = Path(__file__).parents[2] / "shared"


def beside(name: str) -> Path:
    """A file or folder below `../shared`; without it the test is skipped, and says what it would need.

    Every part of the program also has tests on clips that the package ships or the test makes.
    """
    path = _BESIDE / name
    if not path.exists():
        pytest.skip(f"../shared/{name} is no part of this repository and does not lie beside it")
    return path
