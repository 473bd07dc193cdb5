"""An evaluation as a report words it: figures, curves, and how frames were ranked."""

from __future__ import annotations

from collections.abc import Sequence

from understudy.measure.figure_kinds import FIGURES
from understudy.measure.ranking import HIGHEST, Ranking
from understudy.report.curves import FrameSeries
from understudy.report.figures import Figure
from understudy.workflows.evaluate_result import EvaluateResult

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

# what a good swap reaches, where there is such a line
_LINES = {"nearer_to_source": 95.0, "mouth_open_r": 0.7, "eye_open_r": 0.6, "truth_ssim_gain": 0.05}

# key, name, unit, meaning, which way is good: figures that outputs are not compared in
_OTHERS = (
    ("truth_ssim_gain", "truth SSIM gain", "", "nearer to the truth than the target was", "higher is better"),
    ("background", "background", "", "grey levels of difference away from the face", "lower is better"),
    ("sync_ms", "sync", "ms", "difference of start and length against the target", "lower is better"),
)


def figures(evaluation: EvaluateResult) -> list[Figure]:
    """The figures that were measured, each with what it means and which way is good."""
    values = _values(evaluation)
    kinds = [(k.key, k.name, k.unit, k.explanation, f"{k.better} is better") for k in FIGURES]
    rows = [
        _row(key, name, values.get(key), unit, words, good)
        for key, name, unit, words, good in (*kinds, *_OTHERS)
    ]
    return [row for row in rows if row.value is not None]


def _values(e: EvaluateResult) -> dict[str, float | None]:
    """Value by key, those of `FIGURES` and of `_OTHERS`."""
    r = e.expression.get("r")
    rms = e.expression.get("rms")
    nearer, faces = e.identity.get("nearer_to_source"), e.faces
    found = 100 * faces["output"] / faces["target"] if faces.get("target") else None
    return {
        "truth_ssim": e.truth.get("ssim"),
        "truth_psnr": e.truth.get("psnr"),
        "truth_ssim_gain": e.truth.get("ssim_gain"),
        "nearer_to_source": None if nearer is None else 100 * nearer,
        "d_source": e.identity.get("d_source"),
        **{f"{name}_r": value for name, value in (r if isinstance(r, dict) else {}).items()},
        "expression_rms": rms if isinstance(rms, float) else None,
        "pose_deg": e.pose_deg,
        "gaze_deg": e.gaze_deg,
        "flicker": e.flicker,
        "seam": e.seam,
        "face_found": found,
        "background": e.background,
        "sync_ms": e.sync_ms,
    }


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


def _row(key: str, name: str, value: float | None, unit: str, explanation: str, good: str) -> Figure:
    line = _LINES.get(key)
    return Figure(
        name=name,
        value=value,
        unit=unit,
        good_when=good if line is None else f"at least {line:g}",
        is_good=None if line is None or value is None else value >= line,
        explanation=explanation,
    )
