"""Packages that weights travel in: a wheel (zip) or an sdist (tar.gz)."""

from __future__ import annotations

import gzip
from contextlib import suppress

from targets.scratch import scratch, written
from understudy.core.errors import UnderstudyError
from understudy.faces.weights_catalogue import Package, WeightsFile
from understudy.faces.weights_download import extract

_FILES = [
    WeightsFile(
        name=f"{name}.tflite",
        licence="CC0-1.0",
        package=Package(name="fake", version="1.0", kind="wheel", sha256="0" * 64, megabytes=0.1),
        member=f"fake_weights/{name}.tflite",
        sha256="0" * 64,
        size_bytes=5000,
    )
    for name in ("one", "two")
]


def check(data: bytes) -> None:
    """As it is, and as a tar that is packed, which a fuzzer does not get right by itself."""
    with suppress(UnderstudyError):
        extract(written("a.whl", data), _FILES, scratch() / "out")
    with suppress(UnderstudyError):
        extract(written("a.tar.gz", gzip.compress(data, 1)), _FILES, scratch() / "out")
    assert not (scratch() / "out").exists() or not list((scratch() / "out").glob("*.tflite"))
