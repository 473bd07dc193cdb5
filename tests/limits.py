"""Conditions that programs meet outside of tests: no right to write, no room on the disk."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest


@contextlib.contextmanager
def an_ordinary_user() -> Generator[None]:
    """The superuser may write everywhere, so for a while be nobody."""
    is_superuser = os.geteuid() == 0
    if is_superuser:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_superuser:
            os.seteuid(0)


@contextlib.contextmanager
def hearing_ctrl_c() -> Generator[None]:
    """A job that a script has put into the background ignores it, and what it starts does, too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def small_disk(folder: Path, size_kb: int) -> Generator[Path]:
    """A new folder that is a disk of its own, of that size."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only the superuser may mount the small disk that this fills up")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def enlarge(disk: Path, size_kb: int) -> None:
    """Give a small disk more room."""
    subprocess.run(["mount", "-o", f"remount,size={size_kb}k", str(disk)], check=True)
