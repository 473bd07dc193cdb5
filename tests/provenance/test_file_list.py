"""Of many files with one manifest, those that differ are named."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from understudy.media.footage import sha256_of
from understudy.provenance.file_list import Differences, differences, digests_of, files_said, listing

PATTERN = Path("frames/shot_%04d.png")


def digests(*numbers: int) -> dict[str, str]:
    return {f"shot_{n:04d}.png": hashlib.sha256(str(n).encode()).hexdigest() for n in numbers}


def test_what_changed_is_missing_or_is_extra_is_named() -> None:
    said = json.loads(json.dumps(files_said(PATTERN, digests(1, 2, 3, 7, 8, 12000))))
    assert differences(said, digests(1, 2, 3, 7, 8, 12000)) == Differences()
    found = digests(1, 3, 4, 7, 8, 12000) | {"shot_0007.png": "ab" * 32}
    assert differences(said, found) == Differences(
        changed=["shot_0007.png"], missing=["shot_0002.png"], extra=["shot_0004.png"]
    )


def test_it_is_small() -> None:
    assert len(json.dumps(files_said(PATTERN, digests(*range(5000))))) < 11 * 5000 + 100


def test_the_list_is_the_digest_of_the_folder(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("1.png", "2.png")]
    for file in files:
        file.write_bytes(file.name.encode())
    assert hashlib.sha256(listing(digests_of(files))).hexdigest() == sha256_of(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"pattern": 3}, {"numbers": "x"}, {"numbers": [[1]]}, {"numbers": [[1, 10**12]]},
        {"numbers": [[0, -2], [0, 5]]},
        {"sha256": "!"}, {"sha256": "AAAA"}, {"sha256": None}, {"numbers": [None]},
    ],
)  # fmt: skip
def test_what_strangers_write_says_nothing(change: dict[str, Any]) -> None:
    assert differences(files_said(PATTERN, digests(1, 2, 3)) | change, digests(1, 2, 3)) is None
    assert differences({}, digests(1)) is None


def test_a_strangers_pattern_leads_nowhere() -> None:
    said = files_said(PATTERN, digests(1)) | {"pattern": "../../etc/%d"}
    assert differences(said, digests(1)) == Differences(missing=["1"], extra=["shot_0001.png"])
