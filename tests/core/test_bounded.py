import os
from pathlib import Path

import pytest

from understudy.core.bounded import parse_json, read_bounded, short


def test_a_file_up_to_its_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_bounded(tmp_path / "a", 5) == b"12345"
    with pytest.raises(OSError, match="more than 4 bytes"):
        read_bounded(tmp_path / "a", 4)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match=r"no plain file|Is a directory"):
            read_bounded(path, 100)


def test_a_link_is_followed_only_where_that_is_meant(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "link").symlink_to("a")
    assert read_bounded(tmp_path / "link", 5) == b"1"
    with pytest.raises(OSError, match="symbolic links"):
        read_bounded(tmp_path / "link", 5, follow=False)


def test_json_too_deep_is_a_value_error() -> None:
    assert parse_json(b'{"a": [1]}') == {"a": [1]}
    for text in ("[" * 100_000, '{"a":' * 100_000, "no", "9" * 10_000):
        with pytest.raises(ValueError, match=r"\S"):
            parse_json(text)


def test_a_line_that_no_terminal_obeys() -> None:
    assert short("a\x1b[31mb\nc\u202ed") == "a [31mb c d"
    assert short("x" * 1000, 20) == "x" * 17 + "..."
