"""The page of a comparison: the wall's clips zoomed on the face, the table, the curves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np

from understudy.core.events import OnEvent, Progress
from understudy.core.prefetch import prefetch
from understudy.core.types import Image, Vector
from understudy.faces.choose import TargetChooser
from understudy.faces.crop import cut
from understudy.faces.face import FaceSquare
from understudy.faces.faceset import Faceset
from understudy.faces.finder import FaceFinder
from understudy.measure.contest import FIGURES, Contest, frame_values
from understudy.media.footage import open_footage
from understudy.report.clips import Clip, encode_clip
from understudy.report.wall import WallCell, WallCurve, WallData, WallFigure, write_wall
from understudy.workflows.compare_result import CompareConfig, CompareResult

MAX_FRAMES = 250  # of each clip
_SIDE_PX = 256
_ZOOM = 1.9  # sides of the face square
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
    footage = {"target": config.target, **{output.label: output.path for output in result.outputs}}
    if config.truth is not None:
        footage["truth"] = config.truth
    write_wall(
        path,
        WallData(
            title=f"{len(labels)} outputs of {config.target.stem} compared",
            summary=f"{result.frames} frames, {len(result.times_s)} of them measured: {', '.join(labels)}.",
            outputs=labels,
            clips=_clips(footage, _window(config), on_event),
            figures=[_figure(contest, labels) for contest in result.figures],
            times_s=result.times_s,
            curves=_curves(result),
            warnings=result.warnings,
        ),
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


def _clips(footage: dict[str, Path], window: FaceSquare | None, on_event: OnEvent) -> list[Clip]:
    views = ["face", "frame"] if window is not None else ["frame"]
    clips: list[Clip] = []
    for view in views:
        for name, path in footage.items():
            square = window if view == "face" else None
            clips.append(encode_clip(name, _shown(path, square), _SIDE_PX, view=view))
            done, total = len(clips), len(views) * len(footage)
            on_event(Progress(stage="report", done=done, total=total, unit="clips"))
    return clips


def _shown(footage: Path, window: FaceSquare | None) -> Iterator[tuple[Fraction, Image]]:
    """The first frames, cut to a window or whole."""
    with open_footage(footage) as reader, closing(prefetch(islice(reader, MAX_FRAMES))) as frames:
        for frame in frames:
            if window is None:
                yield frame.time_s, frame.image
            else:
                yield frame.time_s, cut(frame.image, window.crop_from_frame(_SIDE_PX, _ZOOM), _SIDE_PX)


def _window(config: CompareConfig) -> FaceSquare | None:
    """An upright square around the target's face, which stands still; None where none is seen."""
    chooser = TargetChooser(_identity(config.target_faceset))
    squares: list[FaceSquare] = []
    with open_footage(config.target) as reader, closing(prefetch(islice(reader, MAX_FRAMES))) as frames:
        for frame, faces in FaceFinder().stream(frames):
            if (face := chooser.choose(frame.image, faces)) is not None:
                squares.append(face.square)
    if not squares:
        return None
    return FaceSquare(
        x_px=float(np.mean([s.x_px for s in squares])),
        y_px=float(np.mean([s.y_px for s in squares])),
        side_px=float(np.median([s.side_px for s in squares])),
        roll_rad=0.0,
    )


def _identity(faceset: Path | None) -> Vector | None:
    if faceset is None or not (faceset / "faces.sqlite").is_file():
        return None
    with Faceset.open(faceset) as opened:
        return opened.mean_identity()
