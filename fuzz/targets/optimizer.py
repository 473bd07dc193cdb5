"""`optimizer.pt` of a model."""

from __future__ import annotations

import hashlib
import io
import zipfile
from contextlib import suppress

from targets.scratch import scratch, written
from targets.small_model import made
from understudy.core.errors import UnderstudyError
from understudy.training.model_folder import load_optimizer

_OPTIMIZER, _INDEX = made()[1:]


def check(data: bytes) -> None:
    """As the file, and as the pickle in an archive, which a fuzzer does not get right by itself."""
    for content in (data, _archive(data)):
        path = written("optimizer.pt", content)
        index = _INDEX.model_copy(update={"optimizer_sha256": hashlib.sha256(content).hexdigest()})
        with suppress(UnderstudyError):
            load_optimizer(scratch(), _OPTIMIZER, index)
        path.unlink()


def _archive(pickled: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/byteorder", b"little")
        archive.writestr("archive/version", b"3\n")
        for number in range(10):
            archive.writestr(f"archive/data/{number}", bytes(16))
    return packed.getvalue()
