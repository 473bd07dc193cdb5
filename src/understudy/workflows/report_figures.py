"""An evaluation as a report words it: figures, curves, and how frames were ranked."""

from __future__ import annotations

from collections.abc import Sequence

from understudy.measure.ranking import HIGHEST, Ranking
from understudy.report.curves import FrameSeries
from understudy.report.figures import Figure
from understudy.workflows.evaluate import EvaluateResult

# chart's name, unit, what it means, and the series of each line
_CURVES: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    (
        "mouth opening",
        "distances between the eyes",
        "the output's should go up and down with the target's",
        {"target": "mouth_open_target", "output": "mouth_open_output"},
    ),
    (
        "eye opening",
        "distances between the eyes",
        "a dip is a blink; both should have it",
        {"target": "eye_open_target", "output": "eye_open_output"},
    ),
    (
        "brow height",
        "distances between the eyes",
        "high: brows raised",
        {"target": "brow_target", "output": "brow_output"},
    ),
    (
        "distance in identity",
        "",
        "how unlike each person the output is: low to the source and high to the target is wanted",
        {"source": "d_source", "target": "d_target"},
    ),
    ("gaze", "°", "high: the eyes look elsewhere than the target's", {"output": "gaze_deg"}),
    ("head's turn", "°", "high: the head is turned otherwise than the target's", {"output": "pose_deg"}),
    (
        "flicker",
        "grey levels",
        "high: the face jumps from the frame before; 0 is as steady as the target",
        {"output": "flicker"},
    ),
    ("seam", "grey levels a pixel", "high: the border of the mask shows", {"output": "seam"}),
    (
        "likeness to the truth",
        "SSIM",
        "high is good: as the source really looks doing it; the target is what not swapping gives",
        {"target": "ssim_target", "output": "ssim"},
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


def curves(evaluation: EvaluateResult) -> list[FrameSeries]:
    """Every series that was measured, with words on what a high value means."""
    rows: list[FrameSeries] = []
    times = [float(t or 0) for t in evaluation.series.get("time_s", [])]  # known of every measured frame
    for name, unit, explanation, keys in _CURVES:
        known = {label: evaluation.series.get(key, []) for label, key in keys.items()}
        values = {label: v for label, v in known.items() if any(one is not None for one in v)}
        measured = sum(any(one is not None for one in frame) for frame in zip(*values.values(), strict=True))
        if measured >= 2:
            rows.append(
                FrameSeries(name=name, times_s=times, values=values, unit=unit, explanation=explanation)
            )
    return rows


def ranking_words(ranking: Ranking) -> str:
    """How the frames were chosen, so that a reader can judge the choice."""
    return (
        f"Ranked over {_listed(ranking.figures)}. Each figure counts as far as it lies above its own median "
        f"in this video, in robust standard deviations, at most {HIGHEST:g}; a frame's score is the root "
        "mean square of these. The words name the figure that stands out most. "
        "Left the target, right the output."
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def _row(name: str, value: float | None, unit: str, line: float | None, explanation: str) -> Figure:
    return Figure(
        name=name,
        value=value,
        unit=unit,
        good_when="" if line is None else f"at least {line:g}",
        is_good=None if line is None or value is None else value >= line,
        explanation=explanation,
    )
