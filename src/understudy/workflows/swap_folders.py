"""Where a swap's production keeps what."""

from __future__ import annotations

from pathlib import Path

SOURCE, TARGET = "source", "target"  # the facesets' folders; earlier versions called the people so, too


def faceset_of(production: Path, role: str) -> Path:
    """Where a production keeps somebody's faces; `role` is SOURCE or TARGET."""
    return production / f"{role}.faceset"


def model_of(production: Path) -> Path:
    """Where a production keeps its model."""
    return production / "model"
