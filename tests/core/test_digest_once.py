"""A file is read once as long as it is the same, and again whenever it may be another."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from understudy.core import digest_once
from understudy.core.digest_once import Digests
from understudy.core.errors import UnderstudyError
from understudy.core.files import sha256_of_file
from understudy.media.footage import sha256_of

LONG_AGO_NS = time.time_ns() - 10**12


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are read, in order; times of inodes are as those of their content."""
    found: list[str] = []

    def counted(path: Path) -> str:
        found.append(path.name)
        return sha256_of_file(path)

    monkeypatch.setattr(digest_once, "sha256_of_file", counted)
    real = digest_once._key

    def settled(path: Path) -> tuple[str, int, int, int, int, int] | None:
        key = real(path)
        # nobody can set the time of an inode's change back
        return None if key is None else (*key[:3], key[2], *key[4:])

    monkeypatch.setattr(digest_once, "_key", settled)
    return found


def written(path: Path, data: bytes, at_ns: int = LONG_AGO_NS) -> Path:
    path.write_bytes(data)
    os.utime(path, ns=(at_ns, at_ns))
    return path


def test_what_stays_is_read_once(reads: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digests, path = Digests(), written(tmp_path / "a", b"one")
    monkeypatch.chdir(tmp_path)
    for same in (path, path, Path("a"), tmp_path / "x" / ".." / "a"):
        if same.exists():
            assert digests.sha256(same) == hashlib.sha256(b"one").hexdigest()
    assert reads == ["a"]


@pytest.mark.parametrize("data", [b"two", b"longer"])
def test_what_changes_is_read_again(reads: list[str], tmp_path: Path, data: bytes) -> None:
    digests, path = Digests(), written(tmp_path / "a", b"one")
    digests.sha256(path)
    written(path, data, LONG_AGO_NS + 1)
    assert digests.sha256(path) == hashlib.sha256(data).hexdigest()
    assert reads == ["a", "a"]


def test_another_file_in_its_place(reads: list[str], tmp_path: Path) -> None:
    """Of the same size and the same time: only the inode tells them apart."""
    digests, path = Digests(), written(tmp_path / "a", b"one")
    digests.sha256(path)
    written(tmp_path / "b", b"two").replace(path)
    assert digests.sha256(path) == hashlib.sha256(b"two").hexdigest()


def test_what_was_just_written_may_be_written_again(reads: list[str], tmp_path: Path) -> None:
    digests, now = Digests(), time.time_ns()
    path = written(tmp_path / "a", b"one", now)
    digests.sha256(path)
    written(path, b"two", now)
    assert digests.sha256(path) == hashlib.sha256(b"two").hexdigest()


def test_what_changes_while_it_is_read_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests, path = Digests(), written(tmp_path / "a", b"one")

    def slow(path: Path) -> str:
        digest = sha256_of_file(path)
        written(path, b"two", LONG_AGO_NS + 1)
        return digest

    monkeypatch.setattr(digest_once, "sha256_of_file", slow)
    digests.sha256(path)
    monkeypatch.undo()
    assert digests.sha256(path) == hashlib.sha256(b"two").hexdigest()


def test_too_many_files_are_forgotten(
    reads: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest_once, "_MOST", 2)
    digests = Digests()
    for name in ("a", "b", "c", "c", "a"):
        digests.sha256(
            tmp_path / name if (tmp_path / name).exists() else written(tmp_path / name, name.encode())
        )
    assert reads == ["a", "b", "c", "a"]


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UnderstudyError, match="cannot read"):
        Digests().sha256(tmp_path / "none")


def test_footage_is_read_once(reads: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest_once, "_OF_THIS_PROCESS", Digests())
    for name in ("1.png", "2.png"):
        written(tmp_path / name, name.encode())
    first = sha256_of(tmp_path)
    assert [sha256_of(tmp_path), sha256_of(tmp_path / "*.png")] == [first, first]
    assert reads == ["1.png", "2.png"]
