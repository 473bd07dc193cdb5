"""Arrays that lie in a file instead of in memory."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from understudy.core.errors import UnderstudyError


def mapped_bytes(shape: tuple[int, ...], folder: Path) -> NDArray[np.uint8]:
    """An array of zeros in a file that has no name: it is gone with the array, however the process ends.

    Args:
        shape: of the array.
        folder: on whose disk it lies; created where missing.

    Raises:
        UnderstudyError: the folder cannot be written to, or its disk has no room for it.
    """
    size = int(np.prod(shape))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            if hasattr(os, "posix_fallocate"):
                # else a disk that is full would end the process at the first byte that does not fit
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
            return np.memmap(file, np.uint8, "r+", shape=shape)
    except OSError as error:
        raise UnderstudyError(
            f"{size / 1e9:.1f} GB cannot be kept in {folder} ({error.strerror})",
            "make room on that disk, or use another folder",
        ) from error
