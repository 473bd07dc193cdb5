"""The page of a comparison: the wall's clips zoomed on the face, the table, the curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from understudy.core.events import OnEvent, Progress
from understudy.measure.contest import Contest, frame_values
from understudy.measure.figure_kinds import FIGURES
from understudy.provenance.certificate import signer_of
from understudy.report.clips import Clip
from understudy.report.wall import WallCell, WallCurve, WallData, WallFigure, write_wall
from understudy.workflows.compare_result import CompareConfig, CompareResult
from understudy.workflows.identity import identity_of
from understudy.workflows.marks import Marks
from understudy.workflows.report_footage import (
    AROUND_S,
    MAX_FRAMES,
    Spans,
    find_places,
    show,
    shown_spans,
    spans_around,
)

_SIDE_PX = 256  # up to eight clips play at once
_MOST_MOMENTS = 9
_DONE = "outputs in which a face was replaced, side by side"
_OPENINGS = {"mouth_open_r": "mouth opening", "eye_open_r": "eye opening", "brow_r": "brow height"}
_STEPS = {"nearer_to_source", "face_found"}  # yes or no in each frame: a band tells more than a curve


def write_compare_report(path: Path, config: CompareConfig, result: CompareResult, on_event: OnEvent) -> None:
    """Write one self-contained HTML file about a comparison.

    Args:
        path: the file.
        config: what was compared.
        result: how the outputs stand.
        on_event: hears of progress.

    Raises:
        MediaError: footage cannot be read.
        UnderstudyError: the file cannot be written.
    """
    labels = [output.label for output in result.outputs]
    moments, times = clear_moments(result.figures), result.times_s
    start_s, end_s = (times[0], times[-1]) if times else (0.0, 0.0)
    spans = shown_spans(moments, result.frames, end_s - start_s, start_s=start_s)
    footage = {"target": config.target, **{output.label: output.path for output in result.outputs}}
    marks = Marks(signer=signer_of(config.cert, config.key), making={"command": "compare"}).made_from(
        *config.outputs, config.target, config.source, config.truth
    )
    remarks = {output.label: output.evaluation.remark for output in result.outputs}
    if config.truth is not None:
        footage["truth"] = config.truth
    write_wall(
        path,
        WallData(
            title=f"{len(labels)} outputs of {config.target.stem} compared",
            summary=f"{result.frames} frames, {len(result.times_s)} of them measured: {', '.join(labels)}.",
            outputs=labels,
            clips=_clips(footage, remarks, config, spans, on_event),
            figures=[_figure(contest, labels) for contest in result.figures],
            times_s=result.times_s,
            curves=_curves(result),
            spared=spans_around(moments),
            warnings=[*result.warnings, *_cut_short(result)],
        ),
        marks.page(path.name, _DONE),
    )


def _figure(contest: Contest, labels: list[str]) -> WallFigure:
    return WallFigure(
        name=contest.name,
        unit=contest.unit,
        better=contest.better,
        explanation=contest.explanation,
        cells={label: _cell(contest, label) for label in labels},
        verdict=contest.verdict_in_words,
        shares=contest.best_share,
        stretches=[(s.label, s.start_s, s.end_s) for s in contest.stretches],
    )


def _cell(contest: Contest, label: str) -> WallCell:
    estimate, digits = contest.values[label], contest.digits
    is_ranked = label not in contest.unranked
    if estimate is None:
        return WallCell(value="-", is_ranked=is_ranked)
    interval = ""
    if estimate.low is not None and estimate.high is not None:
        interval = f"{estimate.low:.{digits}f} to {estimate.high:.{digits}f}"
    return WallCell(
        value=f"{estimate.value:.{digits}f}",
        interval=interval,
        is_winner=contest.verdict == "wins" and contest.best == label,
        is_ranked=is_ranked,
    )


def _curves(result: CompareResult) -> list[WallCurve]:
    """Openings of outputs and target, and every other figure frame by frame."""
    series = {output.label: output.evaluation.series for output in result.outputs}
    measured = {contest.key for contest in result.figures}
    curves: list[WallCurve] = []
    for kind in FIGURES:
        if kind.key not in measured or kind.key in _STEPS:
            continue
        if kind.follows:
            if kind.key not in _OPENINGS:
                continue
            measure = kind.key.removesuffix("_r")
            values = {"target": next(iter(series.values())).get(f"{measure}_target", [])}
            values |= {label: one.get(f"{measure}_output", []) for label, one in series.items()}
            curves.append(WallCurve(name=_OPENINGS[kind.key], unit="", values=values))
        else:
            frames = {label: list(frame_values(kind, one)) for label, one in series.items()}
            curves.append(WallCurve(name=kind.name, unit=kind.unit, values=frames))
    return curves


def _clips(
    footage: dict[str, Path],
    remarks: dict[str, str],
    config: CompareConfig,
    spans: Spans,
    on_event: OnEvent,
) -> list[Clip]:
    """The face and the whole frame of each file, each decoded once."""
    wanted = identity_of(config.target_faceset) if config.target_faceset else None
    places = find_places(config.target, spans, wanted)
    clips: list[Clip] = []
    for done, (name, path) in enumerate(footage.items(), 1):
        shown = show(name, path, places, side_px=_SIDE_PX).clips
        clips += [replace(clip, remark=remarks.get(name, "")) for clip in shown]
        on_event(Progress(stage="report", done=done, total=len(footage), unit="clips"))
    return sorted(clips, key=lambda clip: clip.view != "face")  # the view that the page opens with


def clear_moments(contests: Sequence[Contest]) -> list[float]:
    """Where to look: the middle of each figure's longest clear lead, in seconds, the longest leads first."""
    longest = [max(c.stretches, key=lambda s: s.end_s - s.start_s) for c in contests if c.stretches]
    moments: list[float] = []
    for lead in sorted(longest, key=lambda s: s.start_s - s.end_s):
        middle = (lead.start_s + lead.end_s) / 2
        if all(abs(middle - other) > 2 * AROUND_S for other in moments):
            moments.append(middle)
    return moments[:_MOST_MOMENTS]


def _cut_short(result: CompareResult) -> list[str]:
    """What to say where the wall holds only a part."""
    if result.frames <= MAX_FRAMES:
        return []
    return [
        f"The wall holds about {MAX_FRAMES} of {result.frames:,} frames: the start, and moments of the "
        "longest clear leads. The figures, bands and curves are of all frames measured; a click elsewhere "
        "goes to the frame before."
    ]
