"""Processes that cannot be started, and those that have ended in some way or other."""

from __future__ import annotations

import errno
import io
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from understudy.core.errors import UnderstudyError
from understudy.workflows import convert_team, team_start
from understudy.workflows.helpers import why_ended

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGRTMIN, signal.SIGRTMIN + 3, 63])
def test_every_signal_can_be_said(number: int) -> None:
    ended = subprocess.run([sys.executable, "-c", f"import os; os.kill(os.getpid(), {int(number)})"])
    why = why_ended(ended.returncode, b"last words")
    known = {item.value: item.name for item in signal.Signals}
    assert why == f"{known.get(int(number), f'signal {int(number)}')}; perhaps the system ran out of memory"


def test_else_it_is_its_last_words() -> None:
    assert why_ended(1, b"a\nlast \xff words\n\n") == "last \ufffd words"
    assert why_ended(3, b" \n") == "exit code 3"
    assert why_ended(None, b"") == "exit code None"


@pytest.mark.parametrize("kind", ["jobs", "devices"])
def test_one_that_cannot_be_started_is_told(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Started:
        """The first process; the second finds no room."""

        count = 0

        def __init__(self, *_: object, **__: object) -> None:
            Started.count += 1
            if Started.count > 1:
                raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
            self.stdin = (tmp_path / "in").open("wb")
            self.stdout = io.BytesIO()

        def wait(self, _: float | None = None) -> int:
            return 0

        def kill(self) -> None:
            self.stdin.close()

    monkeypatch.setattr(subprocess, "Popen", Started)
    start = {
        "jobs": lambda: convert_team.Team(2, {}, None),
        "devices": lambda: ExitStack().enter_context(team_start.team_of(3, None)),
    }
    said = rf"a process of --{kind} cannot be started \(Resource temporarily unavailable\)"
    with pytest.raises(UnderstudyError, match=said) as told:
        start[kind]()
    assert told.value.next_step == f"run the same command again, with fewer --{kind}"
    assert Started.count == 2
