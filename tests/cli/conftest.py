"""The command line, in this process for speed and as a process of its own where that matters."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from understudy.cli.main import main

COMMAND = [sys.executable, "-c", "from understudy.cli.main import main; main()"]


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on standard output; fails where anything else is there."""
        assert self.out.endswith("\n")
        assert self.out.count("\n") == 1
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """Run a command in this process; what C libraries print counts too."""
    before = signal.getsignal(signal.SIGTERM)

    def call(*args: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["understudy", *map(str, args)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, out, err)

    yield call
    signal.signal(signal.SIGTERM, before)


def start(*args: object) -> subprocess.Popen[str]:
    """Start a command as a process of its own."""
    # a test run in the background of a script would hand down that Ctrl-C is ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [*COMMAND, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A file that shows that somebody agreed."""
    path = tmp_path / "release.pdf"
    path.write_bytes(b"I agree. Anna")
    return path
