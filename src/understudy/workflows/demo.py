"""The whole chain on the built-in rendered actors, with figures and a report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from understudy.core.errors import ConfigError
from understudy.core.events import OnEvent, ignore
from understudy.workflows import reported_swap
from understudy.workflows.configs import SwapConfig
from understudy.workflows.known_pairs import rendered_pairs
from understudy.workflows.reported_swap import ReportedSwapResult

DEMO_MINUTES = 4.5  # with installation and everything else, under ten minutes on two cores

_ORIGIN = (
    "Rendered actors: nobody in these clips exists. Clips: CC0 1.0. The start weights were trained on "
    "other rendered people."
)


@dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """Where the demo goes and how long it trains.

    Args:
        out: folder to write.
        minutes: wall time to train for; `DEMO_MINUTES` where neither this nor steps is given.
        steps: optimizer steps instead.
        start: "base" or "scratch".
        seed: seed of every random choice.
    """

    out: Path = Path("demo")
    minutes: float | None = None
    steps: int | None = None
    start: str = "base"
    seed: int = 0


def run(config: DemoConfig, on_event: OnEvent = ignore) -> ReportedSwapResult:
    """Swap rendered actor B into A's footage, measure it against the truth, write a report.

    A production that a stopped demo left is gone on with.

    Raises:
        UnderstudyError: the folder cannot be written, or weights cannot be had.
    """
    if config.out.exists() and not config.out.is_dir():
        raise ConfigError(f"{config.out} is a file", "name a folder to write the demo into")
    config.out.mkdir(parents=True, exist_ok=True)
    untold = config.minutes is None and config.steps is None
    with rendered_pairs() as pairs:
        pair = pairs[0]
        return reported_swap.run(
            SwapConfig(
                source=pair.source,
                target=pair.target,
                target_footage=pair.target_footage,
                out=config.out / "swap.mp4",
                minutes=DEMO_MINUTES if untold else config.minutes,
                steps=config.steps,
                production=config.out / "production",
                start=config.start,
                seed=config.seed,
                source_name=pair.person,
                target_name=pair.replaced,
                consent=pair.consent,
            ),
            on_event,
            report=config.out / "report.html",
            title="A rendered actor as another's understudy",
            truth=pair.truth,
            origin=_ORIGIN,
        )
