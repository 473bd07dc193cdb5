"""What is worked out from weights files, kept so that the next start need not work it out again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from understudy.core.errors import UnderstudyError
from understudy.core.files import cache_folder, sha256_of_file, write_atomically

_DIGEST_BYTES = 32


def prepared(weights: Path, version: int, prepare: Callable[[], dict[str, bytes]]) -> dict[str, bytes]:
    """What a weights file becomes, from the user's cache if it is there, else worked out and put there.

    Args:
        weights: the file.
        version: of what `prepare` does; another one is worked out anew.
        prepare: works it out: pieces by name. Called where the cache has none, or a damaged one.
    """
    kept = cache_folder() / "prepared" / f"{weights.stem}.{sha256_of_file(weights)[:16]}.{version}.bin"
    found = _read(kept)
    if found is None:
        found = prepare()
        data = save({name: np.frombuffer(piece, np.uint8) for name, piece in found.items()})
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(kept, hashlib.sha256(data).digest() + data)
        except (UnderstudyError, OSError):
            pass  # a cache that cannot be written to only costs time
    return found


def _read(path: Path) -> dict[str, bytes] | None:
    """The pieces, None where there are none or not those that were written."""
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    digest, data = stored[:_DIGEST_BYTES], stored[_DIGEST_BYTES:]
    if hashlib.sha256(data).digest() != digest:
        return None
    try:
        return {name: piece.tobytes() for name, piece in load(data).items()}
    except SafetensorError:
        return None
