"""The whole chain on the built-in rendered actors, with figures and a report."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from understudy.core.errors import ConfigError
from understudy.core.events import OnEvent, Written, ignore
from understudy.core.files import peak_rss_mb
from understudy.workflows import evaluate, swap
from understudy.workflows.configs import SwapConfig, SwapResult
from understudy.workflows.evaluate import EvaluateConfig, EvaluateResult
from understudy.workflows.swap_report import SwapReport, write_swap_report

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


@dataclass(frozen=True, kw_only=True)
class DemoResult:
    """What the demo made and how good it is."""

    output: Path
    report: Path
    frames: int
    swapped: int
    seconds: float
    peak_rss_mb: float
    warnings: list[str]
    swap: SwapResult
    evaluation: EvaluateResult


def run(config: DemoConfig, on_event: OnEvent = ignore) -> DemoResult:
    """Swap rendered actor B into A's footage, measure it against the truth, write a report.

    A production that a stopped demo left is gone on with.

    Raises:
        UnderstudyError: the folder cannot be written, or weights cannot be had.
    """
    started = time.monotonic()
    if config.out.exists() and not config.out.is_dir():
        raise ConfigError(f"{config.out} is a file", "name a folder to write the demo into")
    config.out.mkdir(parents=True, exist_ok=True)
    output, report = config.out / "swap.mp4", config.out / "report.html"
    with ExitStack() as stack:
        clips = files("understudy") / "assets" / "demo"
        source, extra, target, truth = (
            stack.enter_context(as_file(clips / f"{name}.mp4"))
            for name in ("B_train", "A_train", "A_testA", "BhA_testA")
        )
        minutes = DEMO_MINUTES if config.minutes is None and config.steps is None else config.minutes
        swapped = swap.run(
            SwapConfig(
                source=(source,),
                target=target,
                target_footage=(extra,),
                out=output,
                minutes=minutes,
                steps=config.steps,
                production=config.out / "production",
                start=config.start,
                seed=config.seed,
            ),
            on_event,
        )
        assert swapped.train is not None
        faces = [swapped.production / f"{name}.faceset" for name in (swap.SOURCE, swap.TARGET)]
        evaluation = evaluate.run(
            EvaluateConfig(
                output=output, target=target, source=faces[0], target_faceset=faces[1], truth=truth
            ),
            on_event,
        )
        write_swap_report(
            report,
            SwapReport(
                title="A rendered actor as another's understudy",
                source=source,
                target=target,
                output=output,
                truth=truth,
                source_faceset=faces[0],
                target_faceset=faces[1],
                evaluation=evaluation,
                training=swapped.train,
                origin=_ORIGIN,
            ),
        )
    on_event(Written(path=report, what="report"))
    return DemoResult(
        output=output,
        report=report,
        frames=swapped.frames,
        swapped=swapped.swapped,
        seconds=time.monotonic() - started,
        peak_rss_mb=peak_rss_mb(),
        warnings=list(dict.fromkeys([*swapped.warnings, *evaluation.warnings])),
        swap=swapped,
        evaluation=evaluation,
    )
