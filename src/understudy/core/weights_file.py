"""A network's weights beside what is known of them, saved whole or not at all.

Weights lie in a file named after their digest, which the index, written last, names.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from understudy.core.bounded import read_bounded
from understudy.core.errors import ModelError
from understudy.core.files import write_atomically


def weights_path(folder: Path, sha256: str) -> Path:
    """Where the weights of this digest lie."""
    return folder / f"weights-{sha256[:16]}.safetensors"


def save_weights(folder: Path, weights: bytes, index_name: str, index_json: str) -> None:
    """Save both; what lies there is there, whole, until the new is, and weights of before are removed.

    Args:
        folder: created where missing.
        weights: content of the file.
        index_name: name of the file that is written last.
        index_json: its content, which names the SHA-256 of `weights`.

    Raises:
        UnderstudyError: the folder cannot be written to, or the disk is full.
    """
    path = weights_path(folder, hashlib.sha256(weights).hexdigest())
    write_atomically(path, weights)
    write_atomically(folder / index_name, index_json.encode())
    for old in folder.glob("weights-*.safetensors"):
        if old != path:
            old.unlink(missing_ok=True)


def read_weights(folder: Path, sha256: str, most_bytes: int, what: str) -> bytes:
    """Read weights, which may come from anybody.

    Args:
        folder: of the model.
        sha256: of the weights, as the index says.
        most_bytes: that they may have.
        what: the model is called, in an error: "animator".

    Raises:
        ModelError: there are none, or they are damaged.
    """
    path = weights_path(folder, sha256)
    try:
        data = read_bounded(path, most_bytes)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror})", f"get the {what} anew") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelError(f"{path} is damaged", f"get the {what} anew, or train it again")
    return data
