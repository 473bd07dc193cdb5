"""Weights and their index: the newest are there, what was changed is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from understudy.core.errors import ModelError
from understudy.core.weights_file import read_weights, save_weights, weights_path


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_newest_are_there_and_those_before_are_gone(tmp_path: Path) -> None:
    for data in (b"first", b"second"):
        save_weights(tmp_path / "new", data, "index.json", f'"{sha256(data)}"')
    (weights,) = (tmp_path / "new").glob("weights-*")
    assert weights == weights_path(tmp_path / "new", sha256(b"second"))
    assert (tmp_path / "new" / "index.json").read_text() == f'"{sha256(b"second")}"'
    assert read_weights(tmp_path / "new", sha256(b"second"), 6, "model") == b"second"


def test_what_is_changed_large_or_not_there_is_refused(tmp_path: Path) -> None:
    digest = sha256(b"whole")
    with pytest.raises(ModelError, match=r"cannot be read .*get the voice anew"):
        read_weights(tmp_path, digest, 9, "voice")
    save_weights(tmp_path, b"whole", "index.json", "{}")
    with pytest.raises(ModelError, match="more than 4 bytes"):
        read_weights(tmp_path, digest, 4, "voice")
    weights_path(tmp_path, digest).write_bytes(b"other")
    with pytest.raises(ModelError, match="is damaged"):
        read_weights(tmp_path, digest, 9, "voice")
