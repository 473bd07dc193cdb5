"""The report of a swap: what the parts found, put on one page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from understudy.core.types import Image
from understudy.faces.faceset_schema import is_faceset
from understudy.measure.ranking import RankedFrame, rank_frames
from understudy.media.images import read_image
from understudy.provenance.certificate import Signer, local_signer
from understudy.report.clips import Clip
from understudy.report.coverage_map import CoverageMap
from understudy.report.moments import Moment
from understudy.report.page import ReportData, write_report
from understudy.report.shell import NOTICE, as_it_is
from understudy.report.training import TrainingPoint
from understudy.workflows.configs import TrainResult
from understudy.workflows.evaluate_result import EvaluateResult
from understudy.workflows.identity import identity_of
from understudy.workflows.marks import Marks
from understudy.workflows.report_coverage import coverage_map
from understudy.workflows.report_facts import provenance_of, settings_of
from understudy.workflows.report_figures import curves, figures, ranking_words
from understudy.workflows.report_footage import find_places, show, show_source, shown_spans, spans_around
from understudy.workflows.verify import says_synthetic

WORST, BEST = 6, 3
_DONE = "a report on footage in which a face was replaced"
_TILE_DONE = "a face in one frame, after it was replaced"
_PREVIEW_DONE = "faces, and what a model draws of them"
_PREVIEW_ROWS = "from the top: source, redrawn; target, redrawn; the swap"


@dataclass(frozen=True, kw_only=True)
class SwapReport:
    """What a report is about.

    Args:
        title: heading.
        target: the footage that was changed.
        output: what came out.
        evaluation: its figures.
        source: the identity put in: a faceset, a video, an image, a folder of either, or None.
        truth: footage of the source doing the same, or None.
        source_faceset: faces of the source; with the target's they give the coverage map.
        target_faceset: faces of the target, which tell that person from others in the frame, too;
            footage of that person does only the latter.
        training: how the model was made, None where that is not known.
        every: one frame in so many was measured.
        origin: where the footage comes from.
        marks: what the page and its pictures say of themselves; where None, what an evaluation knows.
        signer: signs that then; this machine's own where None.
    """

    title: str
    target: Path
    output: Path
    evaluation: EvaluateResult
    source: Path | None = None
    truth: Path | None = None
    source_faceset: Path | None = None
    target_faceset: Path | None = None
    training: TrainResult | None = None
    every: int = 1
    origin: str = ""
    marks: Marks | None = None
    signer: Signer | None = None


def write_swap_report(path: Path, report: SwapReport) -> None:
    """Write one self-contained HTML file about a swap.

    Raises:
        MediaError: footage cannot be read.
        UnderstudyError: the file cannot be written.
    """
    marks = _marks(report)
    write_report(path, report_data(report, marks), marks.page(path.name, _DONE) if marks else as_it_is)


def _marks(report: SwapReport) -> Marks | None:
    """What the page says of itself; None where no face was drawn, as far as can be told."""
    marks, output = report.marks, report.output
    if marks is None:
        if report.evaluation.is_unswapped and not says_synthetic(output):
            return None
        marks = Marks(signer=report.signer or local_signer(), making={"command": "evaluate"})
    return marks.made_from(output, report.target, report.source, report.truth)


def report_data(report: SwapReport, marks: Marks | None = None) -> ReportData:
    """Gather what the page shows.

    Args:
        report: what it is about.
        marks: what its pictures of drawn faces say of themselves; nothing where None.

    Raises:
        UnderstudyError: as `write_swap_report`.
    """
    evaluation, training = report.evaluation, report.training
    ranking = rank_frames(evaluation.series, WORST)
    chosen = [*ranking.worst, *ranking.best[:BEST]]
    clips, moments = _footage(report, chosen, marks)
    is_drawn = marks is not None or not evaluation.is_unswapped
    return ReportData(
        title=report.title,
        summary=_summary(report),
        clips=clips,
        spared=spans_around([frame.time_s for frame in chosen]),
        figures=figures(evaluation),
        worst=[moments[frame.position] for frame in ranking.worst if frame.position in moments],
        best=[moments[frame.position] for frame in ranking.best[:BEST] if frame.position in moments],
        ranking=ranking_words(ranking),
        series=curves(evaluation),
        coverage=_coverage(report),
        history=_history(training),
        mean_face_ssim=training.validation.get("mean_face_ssim_in_mask", {}) if training else {},
        previews=_previews(training) if training else (),
        settings=settings_of(training) if training else {},
        provenance=_provenance(report, is_drawn=is_drawn),
        notice=NOTICE if is_drawn else "",
        origin=report.origin,
        warnings=[*(training.warnings if training else ()), *evaluation.warnings],
        finish_picture=partial(marks.picture, name="preview.webp", done=_PREVIEW_DONE) if marks else as_it_is,
    )


def _footage(
    report: SwapReport, chosen: list[RankedFrame], marks: Marks | None
) -> tuple[list[Clip], dict[int, Moment]]:
    """The clips, and the chosen frames as stills by their position in the series."""
    evaluation = report.evaluation
    times = [time for time in evaluation.series.get("time_s", []) if time is not None]
    duration_s = times[-1] - times[0] if times else 0.0
    start_s = times[0] if times else 0.0
    spans = shown_spans([frame.time_s for frame in chosen], evaluation.frames, duration_s, start_s=start_s)
    wanted = identity_of(report.target_faceset) if report.target_faceset else None
    places = find_places(report.target, spans, wanted)
    index = {frame.position: frame.position * report.every for frame in chosen}
    tiles = list(index.values())
    target = show("target", report.target, places, tiles=tiles)
    output = show("output", report.output, places, tiles=tiles)
    truth = show("truth", report.truth, places, whole=False).clips if report.truth else []
    source = [replace(show_source(report.source), remark="on its own")] if report.source else []
    moments = {
        frame.position: Moment(
            frame=at,
            time_s=frame.time_s,
            reason=frame.reason,
            target=target.tiles[at],
            output=_said(output.tiles[at], at, marks),
        )
        for frame in chosen
        if (at := index[frame.position]) in target.tiles and at in output.tiles
    }
    face, *frame = [replace(clip, remark=evaluation.remark) for clip in output.clips]
    return [*source, *target.clips[:1], face, *truth, *target.clips[1:], *frame], moments


def _said(tile: bytes, at: int, marks: Marks | None) -> bytes:
    """A still as it can be saved from the page; what plays cannot be, and the page's manifest covers it."""
    return marks.picture(tile, name=f"frame_{at:06d}.webp", done=_TILE_DONE) if marks else tile


def _provenance(report: SwapReport, *, is_drawn: bool) -> dict[str, object]:
    roles = {"source": report.source, "target": report.target, "output": report.output, "truth": report.truth}
    return provenance_of(roles, is_swapped=is_drawn)


def _coverage(report: SwapReport) -> CoverageMap | None:
    source, target = report.source_faceset, report.target_faceset
    if source is None or target is None or not is_faceset(target):
        return None
    return coverage_map(source, target)


def _summary(report: SwapReport) -> str:
    measured = f"{report.evaluation.frames:,} frames"
    if report.every > 1:
        measured += f", one in {report.every} measured"
    if report.training is None:
        return f"{measured}."
    seconds = report.training.seconds
    trained = f"{seconds / 60:.1f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"
    return f"{measured}. Trained for {report.training.steps:,} steps in {trained}."


def _history(training: TrainResult | None) -> list[TrainingPoint]:
    return [
        TrainingPoint(
            step=int(entry["step"]),
            seconds=float(entry["seconds"]),
            loss=float(entry["loss"]),
            ssim={k.removeprefix("ssim "): float(v) for k, v in entry.items() if k.startswith("ssim ")},
        )
        for entry in (training.history if training else ())
    ]


def _previews(training: TrainResult) -> list[tuple[str, Image]]:
    """The first and the last grid: where it began and where it ended."""
    paths = training.previews
    chosen = paths[:1] + paths[-1:] if len(paths) > 1 else paths
    return [(f"step {int(path.stem.split('_')[-1]):,}; {_PREVIEW_ROWS}", read_image(path)) for path in chosen]
