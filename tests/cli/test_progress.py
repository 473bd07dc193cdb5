"""Events as lines in a file and as bars in a terminal."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from understudy.cli import progress
from understudy.cli.progress import amount, drawn_events
from understudy.core.events import Notice, Progress, Written


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def steps(done: float, total: float | None = 100, stage: str = "train") -> Progress:
    return Progress(stage=stage, done=done, total=total, unit="steps", figures={"loss": 0.12345})


def test_amounts() -> None:
    assert amount(steps(5)) == "5/100 steps, loss 0.1235"
    assert amount(Progress(stage="s", done=5, total=None, unit="frames")) == "5 frames"


def test_lines_come_at_the_start_at_the_end_and_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with drawn_events() as on_event:
        for done in range(101):
            now[0] = done * 0.25
            on_event(steps(done))
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split()[1] for line in err.splitlines()] == ["0/100", "40/100", "80/100", "100/100"]


def test_lines_of_stages_that_take_turns(capsys: pytest.CaptureFixture[str]) -> None:
    with drawn_events() as on_event:
        for done in range(10):
            on_event(steps(done, stage="a"))
            on_event(steps(done, None, stage="b"))
    assert capsys.readouterr().err.splitlines() == ["a: 0/100 steps, loss 0.1235", "b: 0 steps, loss 0.1235"]


def test_a_terminal_gets_bars(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with drawn_events() as on_event:
        on_event(steps(40, stage="train [red]x"))
        on_event(Notice(message="mind [bold]this[/bold]"))
        on_event(Written(path=Path("a [1].mp4"), what="video"))
        on_event(steps(100, stage="train [red]x"))
        on_event(steps(1, None, stage="other"))
    drawn = terminal.getvalue()
    for said in ("train [red]x", "warning: mind [bold]this[/bold]", "video: a [1].mp4", "100/100 steps"):
        assert said in drawn
    assert capsys.readouterr().out == ""
