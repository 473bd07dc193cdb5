"""A swap that is measured afterwards, with a report."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from pathlib import Path

from understudy.core.events import OnEvent, Written, ignore
from understudy.core.files import peak_rss_mb
from understudy.provenance.certificate import signer_of
from understudy.training.model_folder import find_generation
from understudy.workflows import evaluate, swap
from understudy.workflows.configs import SwapConfig, SwapResult
from understudy.workflows.evaluate_result import EvaluateConfig, EvaluateResult
from understudy.workflows.first_checks import check_report
from understudy.workflows.marks import marks_of_model
from understudy.workflows.swap_names import SOURCE, TARGET, faceset_of
from understudy.workflows.swap_report import SwapReport, write_swap_report


@dataclass(frozen=True, kw_only=True)
class ReportedSwapResult(SwapResult):
    """What the chain did, how good it is, and the page that shows it."""

    evaluation: EvaluateResult
    report: Path


def run(
    config: SwapConfig,
    on_event: OnEvent = ignore,
    *,
    report: Path,
    title: str | None = None,
    truth: Path | None = None,
    origin: str = "",
) -> ReportedSwapResult:
    """Swap, measure the output and write an HTML report about it.

    Args:
        config: the swap.
        on_event: hears of progress, warnings and files.
        report: the page.
        title: its heading; who plays whom where None.
        truth: footage of the source doing what the target does, frame for frame.
        origin: where the footage comes from.

    Raises:
        UnderstudyError: as in `swap.run`, or the report cannot be written, which is tried first.
    """
    started = time.monotonic()
    check_report(report)
    swapped = swap.run(config, on_event)
    assert swapped.train is not None
    source, target = (faceset_of(swapped.production, role) for role in (SOURCE, TARGET))
    evaluation = evaluate.run(
        EvaluateConfig(
            output=swapped.output, target=config.target, source=source, target_faceset=target, truth=truth
        ),
        on_event,
    )
    index = find_generation(swapped.train.model).index
    write_swap_report(
        report,
        SwapReport(
            title=title or f"{swapped.source_name} as the understudy of {swapped.target_name}",
            source=config.source[0],
            target=config.target,
            output=swapped.output,
            truth=truth,
            origin=origin,
            source_faceset=source,
            target_faceset=target,
            evaluation=evaluation,
            training=swapped.train,
            marks=marks_of_model(index, "swap", signer_of(config.cert, config.key)),
        ),
    )
    on_event(Written(path=report, what="report"))
    known = {field.name: getattr(swapped, field.name) for field in fields(swapped)}
    known |= {
        "seconds": time.monotonic() - started,
        "peak_rss_mb": peak_rss_mb(),
        "warnings": list(dict.fromkeys([*swapped.warnings, *evaluation.warnings])),
    }
    return ReportedSwapResult(**known, evaluation=evaluation, report=report)
