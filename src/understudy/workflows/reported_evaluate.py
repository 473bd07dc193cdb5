"""An output of any tool that is measured, with a report."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from understudy.core.events import OnEvent, Written, ignore
from understudy.faces.faceset_schema import is_faceset
from understudy.workflows import evaluate
from understudy.workflows.evaluate_result import EvaluateConfig, EvaluateResult
from understudy.workflows.first_checks import check_report
from understudy.workflows.signer import check_signing
from understudy.workflows.swap_report import SwapReport, write_swap_report


@dataclass(frozen=True, kw_only=True)
class ReportedEvaluateResult(EvaluateResult):
    """The figures, and the page that shows them."""

    report: Path


def run(config: EvaluateConfig, on_event: OnEvent = ignore, *, report: Path) -> ReportedEvaluateResult:
    """Measure an output and write an HTML report about it.

    Raises:
        UnderstudyError: as in `evaluate.run`, or the report cannot be written, which is tried first.
    """
    check_report(report)
    signer = check_signing(config.cert, config.key)
    evaluation = evaluate.run(config, on_event)
    source = config.source
    write_swap_report(
        report,
        SwapReport(
            title=f"{config.output.stem}, made from {config.target.stem}",
            source=source,
            target=config.target,
            output=config.output,
            truth=config.truth,
            source_faceset=source if source and is_faceset(source) else None,
            target_faceset=config.target_faceset,
            evaluation=evaluation,
            every=config.every,
            signer=signer,
        ),
    )
    on_event(Written(path=report, what="report"))
    known = {field.name: getattr(evaluation, field.name) for field in fields(evaluation)}
    return ReportedEvaluateResult(**known, report=report)
