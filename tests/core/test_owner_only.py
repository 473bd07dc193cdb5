"""What only its owner may read is never anybody else's, not even while it is written."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from understudy.core import owner_only
from understudy.core.errors import UnderstudyError
from understudy.core.files import sync
from understudy.core.owner_only import private_folder, write_private

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes say nothing on Windows")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_file_and_folder_are_the_owners_alone(umask: int, tmp_path: Path) -> None:
    key = tmp_path / "a" / "keys" / "key.pem"
    write_private(key, b"secret")
    assert (mode(key), mode(key.parent), key.read_bytes()) == (0o600, 0o700, b"secret")
    assert mode(tmp_path / "a") == 0o777 & ~umask  # others' folders may lie in it
    write_private(key, b"another")
    assert (mode(key), key.read_bytes()) == (0o600, b"another")
    assert list(key.parent.iterdir()) == [key]


def test_a_folder_that_was_there_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_folder(tmp_path)
    write_private(tmp_path / "key", b"secret")
    assert mode(tmp_path) == 0o755
    assert mode(tmp_path / "key") == 0o600


def test_it_is_closed_before_anything_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr("understudy.core.files.sync", lambda path: (seen.append(mode(path)), sync(path)))
    opened = os.fdopen
    monkeypatch.setattr(
        owner_only.os,
        "fdopen",
        lambda fd, how: (seen.append(os.fstat(fd).st_mode & 0o777), opened(fd, how))[1],
    )
    before = os.umask(0)
    try:
        write_private(tmp_path / "key", b"secret")
    finally:
        os.umask(before)
    assert seen == [0o600, 0o600]


def test_a_file_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UnderstudyError, match="cannot make"):
        write_private(tmp_path / "file" / "keys" / "key", b"secret")
