"""How far a job is, read from what its process writes while it runs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

_MOST_POINTS = 400  # of a curve
_MOST_NOTICES = 40
_MOST_AT_ONCE = 8 << 20  # bytes


@dataclass(slots=True)
class Stage:
    """A part of the work.

    Attributes:
        name: as the event has it.
        done: units.
        total: units, None where unknown.
        unit: what is counted.
        figures: short name to value.
        seconds: it has taken so far, over all runs of the job.
    """

    name: str
    done: float = 0.0
    total: float | None = None
    unit: str = ""
    figures: dict[str, float] = field(default_factory=dict[str, float])
    seconds: float = 0.0


@dataclass(slots=True)
class JobLog:
    """The events of a job so far; reading goes on where it stopped.

    Args:
        path: the file of events; it need not exist yet.

    Attributes:
        stages: in the order in which they began.
        current: name of the one that was heard of last, None between.
        notices: what the user should read, newest last.
        points: of training: {"step", "loss", "ssim"}, thinned to a few hundred.
        runs: how often the command was started.
        last_at: Unix time of the last event, None before.
    """

    path: Path
    stages: dict[str, Stage] = field(default_factory=dict[str, Stage])
    current: str | None = None
    notices: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    points: list[dict[str, float]] = field(default_factory=list[dict[str, float]])
    runs: int = 0
    last_at: float | None = None
    _offset: int = 0
    _is_amid: bool = False  # a line that is too long, whose beginning is left out
    _seen: int = 0  # points of training, kept or not
    _every: int = 1  # of which so many are kept

    def as_now(self) -> JobLog:
        """A copy that further reading does not change, for another thread to look at."""
        stages = {name: replace(stage) for name, stage in self.stages.items()}
        return replace(self, stages=stages, notices=[*self.notices], points=[*self.points])

    def read(self) -> None:
        """Take in what was written since; a line that is being written is left for later."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(_MOST_AT_ONCE)
        except OSError:
            return
        whole = data.rfind(b"\n") + 1
        if not whole and len(data) == _MOST_AT_ONCE:  # no line of ours is so long: its end is looked for
            self._offset, self._is_amid = self._offset + len(data), True
            return
        self._offset += whole
        lines = data[:whole].splitlines()
        if self._is_amid and lines:
            del lines[0]
            self._is_amid = False
        for line in lines:
            if line.startswith(b"{"):  # what else a library prints is not for the page
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            event = json.loads(line)
            at, kind = float(event["at"]), event["event"]
        except (ValueError, LookupError, TypeError):
            return
        if kind == "started":
            self.runs, self.current, self.last_at = self.runs + 1, None, at
            self.notices.clear()  # each run says again what still holds
        elif kind == "progress":
            self._progress(event, at)
        elif kind == "notice":
            notice = {"message": str(event["message"]), "is_warning": bool(event["is_warning"]), "at": at}
            self.notices = [*self.notices, notice][-_MOST_NOTICES:]

    def _progress(self, event: dict[str, Any], at: float) -> None:
        stage = self.stages.setdefault(event["stage"], Stage(event["stage"]))
        stage.done, stage.total, stage.unit = event["done"], event["total"], event["unit"]
        stage.figures = event["figures"]
        # the time since the last event was this stage's: stages tell of themselves all the time
        stage.seconds += max(0.0, at - (self.last_at if self.last_at is not None else at))
        self.current, self.last_at = stage.name, at
        if stage.name == "train" and "loss" in stage.figures:
            self._point(stage.figures)

    def _point(self, figures: dict[str, float]) -> None:
        self._seen += 1
        if self._seen % self._every:
            return
        point = {"step": figures.get("step", 0.0), "loss": figures["loss"]}
        self.points.append(
            point | {"ssim": figures["held-out SSIM"]} if "held-out SSIM" in figures else point
        )
        if len(self.points) > _MOST_POINTS:
            self.points, self._every = self.points[::2], self._every * 2
