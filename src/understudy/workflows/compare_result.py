"""What outputs are compared with, and how they stand once each is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from understudy.core.errors import ConfigError
from understudy.measure.comparison import Series
from understudy.measure.contest import Contest, compare_figure
from understudy.measure.figure_kinds import FIGURES
from understudy.workflows.choices import COMPARED_WANTED, FEWEST_COMPARED, MOST_COMPARED
from understudy.workflows.evaluate_result import EvaluateResult

_TAKEN = {"target", "truth", "output"}  # what the page calls its other clips, and the one it steps on


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """What is compared with what.

    Args:
        outputs: two to six swapped videos of one target.
        target: the footage that they were made from.
        source: faceset or footage of the identity put in; without it identity is not compared.
        target_faceset: faceset of the person replaced, where several are seen.
        truth: footage of the source doing what the target does, frame for frame.
        every: measure one frame in so many.
        report: HTML file to write; no page where None.
        cert: PEM file of the certificates to sign it with, the signer's first; this machine's own where None.
        key: PEM file of its key.
    """

    outputs: tuple[Path, ...]
    target: Path
    source: Path | None = None
    target_faceset: Path | None = None
    truth: Path | None = None
    every: int = 1
    report: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        if not FEWEST_COMPARED <= len(self.outputs) <= MOST_COMPARED:
            raise ConfigError(
                f"{len(self.outputs)} output{'s' if len(self.outputs) != 1 else ''} cannot be compared",
                COMPARED_WANTED,
            )
        if self.every < 1:
            raise ValueError(f"every must be at least 1, got {self.every}")


@dataclass(frozen=True, kw_only=True)
class ComparedOutput:
    """One of the outputs.

    Args:
        label: what it is called, the same for no two.
        path: the file.
        evaluation: its figures alone, as `understudy evaluate` gives them; its series are aligned with
            those of the others: one value for each of `CompareResult.times_s`.
    """

    label: str
    path: Path
    evaluation: EvaluateResult


@dataclass(frozen=True, kw_only=True)
class CompareResult:
    """How the outputs stand.

    Args:
        frames: frames of the target that were compared.
        outputs: in the order given.
        figures: each figure that at least one output has.
        times_s: time of each measured frame on the target's clock, seconds.
        report: the page, None where none was asked for.
        warnings: what the user should know.
    """

    frames: int
    outputs: list[ComparedOutput]
    figures: list[Contest]
    times_s: list[float]
    report: Path | None = None
    warnings: list[str] = field(default_factory=list[str])


def compare_evaluations(evaluations: Sequence[EvaluateResult], paths: Sequence[Path]) -> CompareResult:
    """Compare outputs that are measured already.

    Args:
        evaluations: one an output, all of one target and with the same `every`.
        paths: their files, in the same order.

    Returns:
        The comparison, without a page.
    """
    labels = labels_of(paths)
    times_s = sorted({t for e in evaluations for t in e.series["time_s"] if t is not None})
    outputs = [
        ComparedOutput(label=label, path=path, evaluation=_on_times(evaluation, times_s))
        for label, path, evaluation in zip(labels, paths, evaluations, strict=True)
    ]
    series = {output.label: output.evaluation.series for output in outputs}
    unswapped = [output.label for output in outputs if output.evaluation.is_unswapped]
    contests = [compare_figure(kind, series, times_s, unswapped=unswapped) for kind in FIGURES]
    prefixed = [
        message if output.path.name in message else f"{output.label}: {message}"
        for output in outputs
        for message in output.evaluation.warnings
    ]
    return CompareResult(
        frames=max(e.frames for e in evaluations),
        outputs=outputs,
        figures=[contest for contest in contests if contest is not None],
        times_s=times_s,
        warnings=prefixed + doubts(outputs),
    )


def labels_of(paths: Sequence[Path]) -> list[str]:
    """A short name for each path, the same for no two: as little of the path as tells them apart."""
    ways = [
        [path.stem for path in paths],
        [path.name for path in paths],
        *(["/".join(path.parts[-depth:]) for path in paths] for depth in (2, 3, 4)),
    ]
    names = next((way for way in ways if len(set(way)) == len(way) and not _TAKEN & set(way)), None)
    if names is not None:
        return names
    # one file given twice, or folders that only differ far up
    return [f"{path.stem} ({number})" for number, path in enumerate(paths, 1)]


def _on_times(evaluation: EvaluateResult, times_s: Sequence[float]) -> EvaluateResult:
    """The evaluation with its series on common times; where it has no frame, it has no value."""
    position = {t: i for i, t in enumerate(evaluation.series["time_s"])}
    aligned: Series = {
        name: [values[position[t]] if t in position else None for t in times_s]
        for name, values in evaluation.series.items()
        if name != "time_s"
    }
    aligned["time_s"] = list(times_s)
    return replace(evaluation, series=aligned)


def doubts(outputs: Sequence[ComparedOutput]) -> list[str]:
    """What makes a comparison unfair."""
    found: list[str] = []
    lengths = {output.label: output.evaluation.frames for output in outputs}
    if len(set(lengths.values())) > 1:
        each = ", ".join(f"{label} {frames}" for label, frames in lengths.items())
        found.append(f"the outputs differ in length ({each} frames): leads are taken from common frames only")
    found.extend(
        f"{output.label} shows the target's own face rather than the source's: it follows the target because "
        "nothing was swapped, so it is ranked by identity and truth only"
        for output in outputs
        if output.evaluation.is_unswapped
    )
    return found
