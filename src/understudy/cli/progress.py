"""Draw events on standard error: bars in a terminal, plain lines elsewhere, JSON for a program that asks."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from understudy.cli.output import jsonable, printable, to_error_stream
from understudy.core.events import Event, Notice, OnEvent, Progress, Written

_LINE_EVERY_S = 10.0  # between two lines of one stage
_JSON_EVERY_S = 0.5  # likewise, for a program
PROGRESS_VARIABLE = "UNDERSTUDY_PROGRESS"  # "json": events are written as JSON, one a line


@contextmanager
def drawn_events() -> Generator[OnEvent]:
    """Lend an `OnEvent` that draws; it may be called from any thread."""
    if os.environ.get(PROGRESS_VARIABLE) == "json":
        yield _JsonLines()
        return
    if not sys.stderr.isatty():
        yield _Lines()
        return
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), _Done(), TimeRemainingColumn())
    with Bars(*columns, console=console) as bars:
        yield _Bars(bars)


def say_process() -> None:
    """Tell a program that hears progress as JSON which process speaks: its own number, before all else."""
    if os.environ.get(PROGRESS_VARIABLE) == "json":
        said = {"event": "process", "at": time.time(), "pid": os.getpid()}
        sys.stderr.write(json.dumps(said) + "\n")
        sys.stderr.flush()


class _Bars:
    """One bar a stage; a finished one becomes a line, so that many stages do not fill the screen."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            if isinstance(event, Progress):
                self._draw(event)
            else:
                style = "yellow" if isinstance(event, Notice) and event.is_warning else ""
                self._bars.console.print(Text(_line_of(event), style=style), soft_wrap=True)

    def _draw(self, event: Progress) -> None:
        if event.stage not in self._tasks:
            self._tasks[event.stage] = self._bars.add_task(printable(event.stage), total=event.total)
        task = self._tasks[event.stage]
        self._bars.update(task, total=event.total, completed=event.done, said=amount(event))
        if _is_finished(event):
            self._bars.remove_task(self._tasks.pop(event.stage))
            self._bars.refresh()  # or the next line would be drawn together with the bar that is gone
            self._bars.console.print(Text(f"{printable(event.stage)}: {amount(event)}"), soft_wrap=True)


class _Done(ProgressColumn):
    """How much is done, in the stage's own unit."""

    def render(self, task: Task) -> Text:
        return Text(str(task.fields.get("said", "")))


class _Lines:
    """A line when a stage begins and ends, and one now and then between."""

    def __init__(self) -> None:
        self._last_s: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            if not isinstance(event, Progress):
                to_error_stream(_line_of(event))
                return
            now = time.monotonic()
            due = now - self._last_s.get(event.stage, -_LINE_EVERY_S) >= _LINE_EVERY_S
            if due or _is_finished(event):
                to_error_stream(f"{event.stage}: {amount(event)}")
                self._last_s[event.stage] = now
            if _is_finished(event):
                del self._last_s[event.stage]


class _JsonLines:
    """An object a line for each event: {"event": "progress", "notice" or "written", "at": Unix time, ...}.

    Progress comes when a stage begins and ends, and now and then between.
    """

    def __init__(self) -> None:
        self._last_s: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            if isinstance(event, Progress) and not self._is_due(event):
                return
            said = {"event": type(event).__name__.lower(), "at": time.time(), **_fields_of(event)}
            sys.stderr.write(json.dumps(said, allow_nan=False) + "\n")
            sys.stderr.flush()

    def _is_due(self, event: Progress) -> bool:
        now = time.monotonic()
        due = now - self._last_s.get(event.stage, -_JSON_EVERY_S) >= _JSON_EVERY_S or _is_finished(event)
        if due:
            self._last_s[event.stage] = now
        return due


def _fields_of(event: Event) -> dict[str, object]:
    fields = cast("dict[str, object]", jsonable(event))
    return {name: printable(value) if isinstance(value, str) else value for name, value in fields.items()}


def amount(event: Progress) -> str:
    """What is done, of how much, with the stage's figures: "120/240 frames, loss 0.031"."""
    done = f"{event.done:.0f}" if event.total is None else f"{event.done:.0f}/{event.total:.0f}"
    figures = [f"{name} {value:.4g}" for name, value in event.figures.items()]
    return ", ".join([f"{done} {event.unit}", *figures])


def _is_finished(event: Progress) -> bool:
    return event.total is not None and event.done >= event.total


def _line_of(event: Notice | Written) -> str:
    if isinstance(event, Written):
        return f"{event.what}: {printable(str(event.path))}"
    return f"warning: {printable(event.message)}" if event.is_warning else printable(event.message)
