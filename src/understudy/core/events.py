"""What long work reports while it runs; the command line and the studio draw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a stage is.

    Args:
        stage: what is being done, e.g. "extract source".
        done: units finished.
        total: units in all, None where unknown.
        unit: what is counted, e.g. "frames", "steps", "s".
        figures: short name to value, worth showing beside the bar.
    """

    stage: str
    done: float
    total: float | None
    unit: str
    figures: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A warning or a remark that the user should read; the work goes on."""

    message: str
    is_warning: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file worth opening was written."""

    path: Path
    what: str


Event = Progress | Notice | Written
OnEvent = Callable[[Event], None]


def ignore(event: Event) -> None:
    """An `OnEvent` for callers that do not listen."""
    del event


def notices_once(on_event: OnEvent) -> OnEvent:
    """Pass on all events, but of notices that say the same only the first: several processes may say it."""
    told: set[str] = set()

    def hear(event: Event) -> None:
        if isinstance(event, Notice):
            if event.message in told:
                return
            told.add(event.message)
        on_event(event)

    return hear
