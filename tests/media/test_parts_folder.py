"""A project folder may come from a stranger, and with it what looks like a stopped run."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from understudy.core.errors import MediaError
from understudy.media.parts_folder import PartsFolder
from understudy.media.sequence_files import SequenceFiles

OURS = re.compile(r"\d{6}\.mp4")


@pytest.mark.parametrize(
    "state", ["[" * 100_000, '{"key": ' * 100_000, '{"key": "k", "a": ' + "9" * 5000 + "}", "[]", "\xff"]
)
def test_a_state_that_is_none_counts_as_none(tmp_path: Path, state: str) -> None:
    folder = PartsFolder(tmp_path / "o.mp4", OURS)
    (folder.path / "parts.json").write_text(state, "latin-1")
    assert folder.state("k") is None
    folder.close()


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    folder = PartsFolder(tmp_path / "o.mp4", OURS)
    os.mkfifo(folder.path / "parts.json")
    assert folder.state("k") is None
    folder.close()


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "o.mp4.parts").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MediaError, match="is a link to another place"):
        PartsFolder(tmp_path / "o.mp4", OURS)


def test_what_is_written_goes_through_no_link(tmp_path: Path) -> None:
    """Names of parts are known beforehand: a link of such a name would overwrite what it stands for."""
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    parts = tmp_path / "frames" / "%06d.png.parts"
    parts.mkdir(parents=True)
    for name in ("000000.png", "parts.json", "parts.lock"):
        (parts / name).symlink_to(mine)
    files = SequenceFiles(tmp_path / "frames" / "%06d.png", "key")
    files.write(0, b"picture")
    files.save(1)
    files.close(1)
    assert mine.read_text() == "mine"
    assert (tmp_path / "frames" / "000000.png").read_bytes() == b"picture"


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", '"x"', "[]", "null"])
def test_counts_that_are_none_begin_anew(tmp_path: Path, number: str) -> None:
    parts = tmp_path / "frames" / "%06d.png.parts"
    parts.mkdir(parents=True)
    said = json.dumps({"key": "key", "next": "N", "files": 0, "moving": False, "notes": {}})
    (parts / "parts.json").write_text(said.replace('"N"', number))
    files = SequenceFiles(tmp_path / "frames" / "%06d.png", "key")
    assert files.next_frame == 0
    files.discard()
