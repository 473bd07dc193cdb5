"""What a swap's report shows: clips zoomed on the face, figures, curves, previews."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np

from understudy.core.prefetch import prefetch
from understudy.core.types import Image
from understudy.faces.crop import cut
from understudy.faces.face import FaceSquare
from understudy.faces.finder import FaceFinder
from understudy.media.footage import expand_footage, open_footage
from understudy.media.images import read_image
from understudy.media.reader import VideoReader
from understudy.report.clips import encode_clip, fit_within
from understudy.report.page import ReportData, write_report
from understudy.report.sections import Figure, FrameSeries, TrainingPoint
from understudy.workflows.configs import TrainResult
from understudy.workflows.evaluate import EvaluateResult

MAX_FRAMES = 250  # of each clip: ten seconds, a few megabytes
_SIDE_PX = 288
_ZOOM = 1.9  # sides of the face square
_PLOTTED = (
    ("mouth opening", "mouth_open"),
    ("eye opening", "eye_open"),
    ("brow height", "brow"),
)


def write_swap_report(
    path: Path,
    *,
    title: str,
    source: Path,
    target: Path,
    output: Path,
    truth: Path | None,
    evaluation: EvaluateResult,
    training: TrainResult,
    provenance: str = "",
) -> None:
    """Write one self-contained HTML file about a swap.

    Args:
        path: the file.
        title: heading.
        source: footage of the identity put in: a video, an image, or a folder of either.
        target: the footage that was changed.
        output: what came out.
        truth: footage of the source doing the same, or None.
        evaluation: its figures.
        training: how the model was made.
        provenance: where the footage comes from.

    Raises:
        MediaError: footage cannot be read.
        UnderstudyError: the file cannot be written.
    """
    squares = _squares(target)
    shown = expand_footage([source])[0]  # of a folder of videos the first
    clips = [encode_clip("source", _zoomed(shown, _squares(shown)), _SIDE_PX, in_step=False)]
    for name, footage in (("target", target), ("output", output), ("truth", truth)):
        if footage is not None:
            clips.append(encode_clip(name, _zoomed(footage, squares), _SIDE_PX))
    for name, footage in (("target", target), ("output", output)):
        clips.append(encode_clip(name, _whole(footage), _SIDE_PX, view="frame"))
    history = [
        TrainingPoint(
            step=int(entry["step"]),
            seconds=float(entry["seconds"]),
            loss=float(entry["loss"]),
            ssim={k.removeprefix("ssim "): float(v) for k, v in entry.items() if k.startswith("ssim ")},
        )
        for entry in training.history
    ]
    write_report(
        path,
        ReportData(
            title=title,
            summary=f"{evaluation.frames} frames, {training.steps} training steps in "
            f"{training.seconds / 60:.1f} minutes.",
            clips=clips,
            figures=figures(evaluation),
            history=history,
            mean_face_ssim=training.validation["mean_face_ssim_in_mask"],
            previews=_previews(training),
            series=_series(evaluation),
            settings={"steps": training.steps, "steps a second": round(training.steps_per_s, 2)},
            provenance=provenance,
            warnings=[*training.warnings, *evaluation.warnings],
        ),
    )


def figures(evaluation: EvaluateResult) -> list[Figure]:
    """The figures that were measured, with the line each should reach."""
    e, r = evaluation, evaluation.expression.get("r")
    correlations = r if isinstance(r, dict) else {}
    nearer = e.identity.get("nearer_to_source")
    rows = [
        _row("identity", None if nearer is None else 100 * nearer, "%", 95, "frames nearer to the source"),
        _row("mouth opening r", correlations.get("mouth_open"), "", 0.7, "output against target over time"),
        _row("eye opening r", correlations.get("eye_open"), "", 0.6, "output against target over time"),
        _row(
            "truth SSIM gain", e.truth.get("ssim_gain"), "", 0.05, "nearer to the truth than the target was"
        ),
        _row("truth SSIM", e.truth.get("ssim"), "", None, "likeness to the source really doing it"),
        _row("pose", e.pose_deg, "°", None, "mean difference of the head's angles"),
        _row("gaze", e.gaze_deg, "°", None, "mean difference of where the eyes look"),
        _row("flicker", e.flicker, "", None, "grey levels from frame to frame above the target's own"),
        _row("seam", e.seam, "", None, "edge along the mask's border above the target's own"),
        _row("sync", e.sync_ms, "ms", None, "difference of start and length against the target"),
    ]
    return [row for row in rows if row.value is not None]


def _row(name: str, value: float | None, unit: str, line: float | None, explanation: str) -> Figure:
    return Figure(
        name=name,
        value=value,
        unit=unit,
        good_when="" if line is None else f"at least {line:g}",
        is_good=None if line is None or value is None else value >= line,
        explanation=explanation,
    )


def _series(evaluation: EvaluateResult) -> list[FrameSeries]:
    known = evaluation.series
    times = [float(t) for t in known.get("time_s", []) if t is not None]
    rows: list[FrameSeries] = []
    for label, key in _PLOTTED:
        values = {name: known[f"{key}_{name}"] for name in ("target", "output") if f"{key}_{name}" in known}
        if times and all(len(v) == len(times) for v in values.values()):
            rows.append(FrameSeries(name=label, times_s=times, values=values))
    return rows


def _previews(training: TrainResult) -> list[tuple[str, Image]]:
    """The first and the last grid: where it began and where it ended."""
    chosen = (
        training.previews[:1] + training.previews[-1:] if len(training.previews) > 1 else training.previews
    )
    return [(f"step {int(path.stem.split('_')[-1])}", read_image(path)) for path in chosen]


def _squares(footage: Path) -> list[FaceSquare | None]:
    """Where the largest face is in each of the first frames, held while none is seen."""
    squares: list[FaceSquare | None] = []
    with open_footage(footage) as reader, closing(prefetch(islice(reader, MAX_FRAMES))) as frames:
        for _, faces in FaceFinder().stream(frames):
            squares.append(faces[0].square if faces else (squares[-1] if squares else None))
    first = next((square for square in squares if square is not None), None)
    return [square or first for square in squares]


def _zoomed(footage: Path, squares: list[FaceSquare | None]) -> Iterator[tuple[Fraction, Image]]:
    """The first frames as squares of one size, cut to a window around the face's whole path.

    Photos have nothing in common, not even their size: each is cut around its own face.
    """
    known = [square for square in squares if square is not None]
    with open_footage(footage) as reader:
        window = _around(known)
        own = iter(squares if reader.info.container == "images" else ())
        for frame in islice(reader, MAX_FRAMES):
            square = next(own, window)
            if square is None:
                yield frame.time_s, _letterboxed(frame.image)
            else:
                yield frame.time_s, cut(frame.image, square.crop_from_frame(_SIDE_PX, _ZOOM), _SIDE_PX)


def _around(squares: list[FaceSquare]) -> FaceSquare | None:
    """An upright square that stands still where these are on average."""
    if not squares:
        return None
    return FaceSquare(
        x_px=float(np.mean([s.x_px for s in squares])),
        y_px=float(np.mean([s.y_px for s in squares])),
        side_px=float(np.median([s.side_px for s in squares])),
        roll_rad=0.0,
    )


def _letterboxed(image: Image) -> Image:
    """The whole picture in the middle of a black square."""
    small = fit_within(image, _SIDE_PX)
    height, width = small.shape[:2]
    square = np.zeros((_SIDE_PX, _SIDE_PX, 3), np.uint8)
    top, left = (_SIDE_PX - height) // 2, (_SIDE_PX - width) // 2
    square[top : top + height, left : left + width] = small
    return square


def _whole(footage: Path) -> Iterator[tuple[Fraction, Image]]:
    with VideoReader(footage) as reader:
        yield from ((frame.time_s, frame.image) for frame in islice(reader, MAX_FRAMES))
