"""Whose faces are learnt: one faceset each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from made_facesets import write_faceset
from understudy.core.errors import ConfigError
from understudy.workflows.training_faces import entries_of, same_faces


@pytest.fixture
def facesets(tmp_path: Path) -> list[Path]:
    """Of a and b, who are the same person, and of c."""
    for name, most in (("a", 0.2), ("b", 0.2), ("c", 0.1)):
        vector = np.linspace(-0.2, most, 128, dtype=np.float32)
        write_faceset(tmp_path / name, "clip.mp4", [{}] * 20, vector=vector)
    return [tmp_path / name for name in "abc"]


def test_one_folder_is_not_two_people(facesets: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(facesets[0].parent)
    for same in (facesets[0], Path("a"), Path("b/../a")):
        with pytest.raises(ConfigError, match="is given twice") as told:
            entries_of([facesets[0], facesets[1], same])
        assert told.value.next_step == "give one faceset a person: who is put in, then who is replaced"


def test_copies_of_one_faceset_are_told(facesets: list[Path]) -> None:
    assert same_faces(entries_of([facesets[0], facesets[2]])) == []
    assert same_faces(entries_of(facesets)) == [
        "the facesets of a and b hold the same faces: one would be put in for itself"
    ]
