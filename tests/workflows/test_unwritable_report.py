"""A report that cannot be written is refused before hours of work, not after."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.core.errors import UnderstudyError
from understudy.core.events import Event, OnEvent
from understudy.workflows import compare, reported_evaluate, reported_swap
from understudy.workflows.compare_result import CompareConfig
from understudy.workflows.configs import SwapConfig
from understudy.workflows.evaluate import EvaluateConfig

GONE = Path("gone.mp4")  # looked for only later


def evaluated(report: Path, on_event: OnEvent) -> None:
    reported_evaluate.run(EvaluateConfig(output=GONE, target=GONE), on_event, report=report)


def swapped(report: Path, on_event: OnEvent) -> None:
    reported_swap.run(SwapConfig(source=(GONE,), target=GONE, out=Path("o.mp4")), on_event, report=report)


def compared(report: Path, on_event: OnEvent) -> None:
    compare.run(CompareConfig(outputs=(GONE, GONE), target=GONE, report=report), on_event)


@pytest.mark.parametrize("work", [evaluated, swapped, compared])
def test_it_is_said_first(work, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    events: list[Event] = []
    with pytest.raises(UnderstudyError, match=r"page\.html"):
        work(file / "page.html", events.append)
    with pytest.raises(UnderstudyError, match="is a folder"):
        work(tmp_path, events.append)
    assert events == []
    with pytest.raises(UnderstudyError, match=r"gone\.mp4"):
        work(tmp_path / "page.html", events.append)
    assert list(tmp_path.iterdir()) == [file]
