"""C2PA manifests inside any file and beside it, and what is looked up in their JSON."""

from __future__ import annotations

import io
import json
from contextlib import suppress

from targets.scratch import scratch, written
from understudy.core.errors import UnderstudyError
from understudy.provenance.read import read_manifest
from understudy.provenance.said import said_in
from understudy.workflows.verify import run
from understudy.workflows.verify_result import VerifyConfig

_BESIDE = b"any bytes"


def check(data: bytes) -> None:
    """Verify it as a file, take it for a sidecar, and for the JSON that the library gives."""
    (scratch() / "file.c2pa").unlink(missing_ok=True)
    with suppress(UnderstudyError):
        run(VerifyConfig(file=written("file.jpg", data)))
    said_in(read_manifest(io.BytesIO(_BESIDE), media_type=None, beside=data).active)
    with suppress(ValueError, RecursionError):
        active = json.loads(data)
        if isinstance(active, dict):
            said = said_in(active)
            said.listed("consent"), said.table("model")
