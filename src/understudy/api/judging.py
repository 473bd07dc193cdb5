"""Judge a swap: how good it is, which of several is better, and what footage would help."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from understudy.api.paths import AnyPath, all_paths, maybe_path
from understudy.core.events import OnEvent, ignore

if TYPE_CHECKING:
    from understudy.workflows.compare_result import CompareResult
    from understudy.workflows.coverage_result import CoverageResult
    from understudy.workflows.evaluate_result import EvaluateResult


def evaluate(
    output: AnyPath,
    target: AnyPath,
    *,
    source: AnyPath | None = None,
    target_faceset: AnyPath | None = None,
    truth: AnyPath | None = None,
    every: int = 1,
    report: AnyPath | None = None,
    worst: AnyPath | None = None,
    cert: AnyPath | None = None,
    key: AnyPath | None = None,
    on_event: OnEvent = ignore,
) -> EvaluateResult:
    """Measure a swapped video against its target, its source and, where there is one, the truth.

    Args:
        output: the swapped video.
        target: the footage that it was made from.
        source: faceset or footage of the person put in; identity is not measured without it.
        target_faceset: faceset of the person replaced; the largest face is taken where None.
        truth: footage of the source doing what the target does, frame for frame.
        every: measure one frame in so many.
        report: HTML file to write about it.
        worst: folder to write the worst frames to, as pictures and as a list that `train` can focus on.
        cert: PEM file of the certificates to sign with, the signer's first; this machine's own where None.
        key: PEM file of its key, without a passphrase.
        on_event: hears of progress and warnings.

    Returns:
        The figures; a `ReportedEvaluateResult` where a report was asked for.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import evaluate as workflow
    from understudy.workflows import reported_evaluate

    config = workflow.EvaluateConfig(
        output=Path(output),
        target=Path(target),
        source=maybe_path(source),
        target_faceset=maybe_path(target_faceset),
        truth=maybe_path(truth),
        every=every,
        worst=maybe_path(worst),
        cert=maybe_path(cert),
        key=maybe_path(key),
    )
    if report is None:
        return workflow.run(config, on_event)
    return reported_evaluate.run(config, on_event, report=Path(report))


def compare(
    outputs: Sequence[AnyPath],
    target: AnyPath,
    *,
    source: AnyPath | None = None,
    target_faceset: AnyPath | None = None,
    truth: AnyPath | None = None,
    every: int = 1,
    report: AnyPath | None = None,
    cert: AnyPath | None = None,
    key: AnyPath | None = None,
    on_event: OnEvent = ignore,
) -> CompareResult:
    """Compare outputs of several models or tools, figure by figure, with 95 % confidence intervals.

    Args:
        outputs: two to six swapped videos of one target.
        target: the footage that they were made from.
        source: faceset or footage of the person put in; identity is not compared without it.
        target_faceset: faceset of the person replaced; the largest face is taken where None.
        truth: footage of the source doing what the target does, frame for frame.
        every: measure one frame in so many.
        report: HTML page to write; none where None.
        cert: PEM file of the certificates to sign it with, the signer's first; this machine's own where None.
        key: PEM file of its key, without a passphrase.
        on_event: hears of progress, warnings and the page.

    Returns:
        Each figure of each output with its interval, who is best, and whether that is more than chance.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import compare as workflow
    from understudy.workflows.compare_result import CompareConfig

    config = CompareConfig(
        outputs=all_paths(outputs),
        target=Path(target),
        source=maybe_path(source),
        target_faceset=maybe_path(target_faceset),
        truth=maybe_path(truth),
        every=every,
        report=maybe_path(report),
        cert=maybe_path(cert),
        key=maybe_path(key),
    )
    return workflow.run(config, on_event)


def coverage(
    source: AnyPath,
    target: AnyPath,
    *,
    out: AnyPath | None = None,
    on_event: OnEvent = ignore,
) -> CoverageResult:
    """Say which poses, gazes, mouth shapes and light of the target the source lacks, and what to film.

    Args:
        source: faceset of the person put in.
        target: faceset of the person in the target.
        out: picture (.png, .svg) or page (.html) to write; none where None.
        on_event: hears of progress, warnings and what is written.

    Returns:
        The counts of both, and the gaps, that which most of the target's faces need first.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import coverage as workflow
    from understudy.workflows.coverage_result import CoverageConfig

    config = CoverageConfig(source=Path(source), target=Path(target), out=maybe_path(out))
    return workflow.run(config, on_event)
