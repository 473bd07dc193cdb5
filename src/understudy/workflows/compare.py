"""Outputs of several models or tools of one target, measured and compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from understudy.core.errors import MediaError, UnderstudyError
from understudy.core.events import Event, Notice, OnEvent, Progress, Written, ignore
from understudy.media.footage import open_footage
from understudy.workflows import evaluate
from understudy.workflows.compare_report import write_compare_report
from understudy.workflows.compare_result import (
    CompareConfig,
    CompareResult,
    compare_evaluations,
    doubts,
    labels_of,
)
from understudy.workflows.evaluate_result import EvaluateConfig, EvaluateResult
from understudy.workflows.first_checks import check_readable, check_report
from understudy.workflows.signer import check_signing


def run(config: CompareConfig, on_event: OnEvent = ignore) -> CompareResult:
    """Measure each output against the target, compare them frame by frame, and write the page.

    Args:
        config: what is compared with what.
        on_event: hears of progress and warnings.

    Raises:
        MediaError: footage cannot be read; found before anything is measured.
        FacesetError: the same of a faceset.
        ConfigError: the certificate and the key will not do.
        WeightsError: the networks' weights cannot be had.
        UnderstudyError: an output and the target differ in size, the target shows no face, or the page
            cannot be written, which is tried first.
    """
    if config.report is not None:
        check_report(config.report)
    if config.report is not None or config.cert is not None or config.key is not None:
        check_signing(config.cert, config.key)
    check_readable((*config.outputs, config.target, config.source, config.target_faceset, config.truth))
    _check_footage(config)
    evaluations = _evaluate_all(config, on_event)
    result = compare_evaluations(evaluations, config.outputs)
    for message in doubts(result.outputs):
        on_event(Notice(message=message))
    if config.report is None:
        return result
    write_compare_report(config.report, config, result, on_event)
    on_event(Written(path=config.report, what="report"))
    return replace(result, report=config.report)


def _check_footage(config: CompareConfig) -> None:
    """Find what cannot be read or compared before hours are spent on the rest."""
    target_px = _size_of(config.target)
    for path in config.outputs:
        if (size_px := _size_of(path)) != target_px:
            own, other = (f"{width}x{height}" for width, height in (size_px, target_px))
            raise UnderstudyError(
                f"{path} is {own} but {config.target} is {other}",
                "give outputs that were made from this target, in its size",
            )


def _size_of(path: Path) -> tuple[int, int]:
    """Width and height of the first frame in pixels."""
    with open_footage(path) as footage:
        first = next(iter(footage), None)
    if first is None:
        raise MediaError(f"{path} holds no frame", "give another file")
    height, width = first.image.shape[:2]
    return width, height


def _evaluate_all(config: CompareConfig, on_event: OnEvent) -> list[EvaluateResult]:
    evaluations: list[EvaluateResult] = []
    for label, path in zip(labels_of(config.outputs), config.outputs, strict=True):

        def heard(event: Event, label: str = label) -> None:
            # a bar an output: they are measured one after the other
            on_event(
                Progress(
                    stage=f"{event.stage} {label}",
                    done=event.done,
                    total=event.total,
                    unit=event.unit,
                    figures=event.figures,
                )
                if isinstance(event, Progress)
                else event
            )

        evaluations.append(
            evaluate.run(
                EvaluateConfig(
                    output=path,
                    target=config.target,
                    source=config.source,
                    target_faceset=config.target_faceset,
                    truth=config.truth,
                    every=config.every,
                ),
                heard,
            )
        )
    return evaluations
