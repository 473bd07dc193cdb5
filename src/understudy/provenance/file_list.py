"""Many files that share one manifest: what it is bound to, and which of them differ from what was signed."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.core.files import sha256_of_file
from understudy.media.patterns import numbered

LIST = "files"  # what the list is called in a manifest
_KEPT_BYTES = 8  # of each digest: to name a file that was changed; the whole digests are what is signed
_NUMBER = re.compile(r"%(?:0\d+)?d")
_MOST_FILES = 10_000_000
_LONGEST_NAME = 255  # characters


@dataclass(frozen=True, kw_only=True)
class Differences:
    """Names of files, in their order.

    Args:
        changed: of another content than was signed.
        missing: signed, and not there.
        extra: there, and not signed.
    """

    changed: list[str] = field(default_factory=list[str])
    missing: list[str] = field(default_factory=list[str])
    extra: list[str] = field(default_factory=list[str])


def digests_of(files: Sequence[Path]) -> dict[str, str]:
    """SHA-256 of each file by its name, in their order.

    Raises:
        UnderstudyError: one cannot be read.
    """
    return {file.name: sha256_of_file(file) for file in files}


def listing(digests: Mapping[str, str]) -> bytes:
    """What a manifest of many files is bound to: a line each with its name and digest.

    Its own digest is that of `media.footage.sha256_of` for a folder of these files.

    Args:
        digests: of `digests_of`.
    """
    lines = (f"{name}\0{digest}\n" for name, digest in digests.items())
    return b"".join(line.encode(errors="surrogateescape") for line in lines)  # names need not be UTF-8


def files_said(pattern: Path, digests: Mapping[str, str]) -> dict[str, Any]:
    """What a manifest says of its files, so that later those can be named that differ: 11 bytes each.

    Args:
        pattern: that they are called by, with a `%06d`.
        digests: of `digests_of`.
    """
    before, after = _NUMBER.split(pattern.name, maxsplit=1)
    runs: list[list[int]] = []
    for name in digests:
        number = int(name[len(before) : len(name) - len(after)])
        if runs and number == sum(runs[-1]):
            runs[-1][1] += 1
        else:
            runs.append([number, 1])
    parts = b"".join(bytes.fromhex(digest)[:_KEPT_BYTES] for digest in digests.values())
    return {"pattern": pattern.name, "numbers": runs, "sha256": base64.b64encode(parts).decode()}


def differences(said: Mapping[str, Any], digests: Mapping[str, str]) -> Differences | None:
    """Which files differ from what a manifest says.

    Args:
        said: of `files_said`; it comes from outside.
        digests: of the files that are there.

    Returns:
        None where the manifest does not say.
    """
    known = _known(said)
    if known is None:
        return None
    found = {name: bytes.fromhex(digest)[:_KEPT_BYTES] for name, digest in digests.items()}
    return Differences(
        changed=[name for name, part in known.items() if found.get(name, part) != part],
        missing=[name for name in known if name not in found],
        extra=[name for name in found if name not in known],
    )


def _known(said: Mapping[str, Any]) -> dict[str, bytes] | None:
    """The first bytes of each signed digest, by name."""
    pattern, runs, encoded = said.get("pattern"), said.get("numbers"), said.get("sha256")
    if not isinstance(pattern, str) or not isinstance(runs, list) or not isinstance(encoded, str):
        return None
    try:
        parts = base64.b64decode(encoded, validate=True)
        pairs = [(int(first), int(count)) for first, count in runs]
    except (binascii.Error, ValueError, TypeError):
        return None
    if len(pattern) > _LONGEST_NAME:
        return None
    counts = [count for _, count in pairs]
    if min(counts, default=0) < 0 or sum(counts) > _MOST_FILES or sum(counts) * _KEPT_BYTES != len(parts):
        return None
    numbers = [first + step for first, count in pairs for step in range(count)]
    try:
        names = [numbered(Path(Path(pattern).name), number).name for number in numbers]
    except ValueError:  # no name for a file
        return None
    return {name: parts[i * _KEPT_BYTES : (i + 1) * _KEPT_BYTES] for i, name in enumerate(names)}
