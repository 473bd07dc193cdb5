"""What the benchmark of quality is asked for, and which figures it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from understudy.measure.regression import Change

QUALITY_STEPS = 1000

# every figure that is compared, and whether more of it is better
HIGHER_IS_BETTER = {
    "identity": True,
    "r_mouth_open": True,
    "r_mouth_width": True,
    "r_eye_open": True,
    "r_brow": True,
    "rms": False,
    "pose_deg": False,
    "gaze_deg": False,
    "flicker": False,
    "seam": False,
    "truth_ssim": True,
    "truth_ssim_gain": True,
    "truth_psnr": True,
    "heldout_ssim_source": True,
    "heldout_ssim_target": True,
    "above_mean_face_source": True,
    "above_mean_face_target": True,
}

Figures = dict[str, float | None]
BySeed = Mapping[str, Mapping[str, Sequence[float | None]]]  # pair, figure, one value a seed


@dataclass(frozen=True, kw_only=True)
class QualityConfig:
    """What is trained and how long.

    Args:
        steps: training steps of each pair; ignored where minutes are given.
        minutes: wall time instead: what a user gets, but no two runs are alike.
        seeds: one run a seed.
        pairs: names of the pairs; all that are there where empty.
        data: folder of real footage; where None that beside the project, if it is there.
        preset: network, by name; see `nets.presets.PRESETS`.
        start: "base" or "scratch".
        losses: weights that are not the preset's, to be held against its own; see `TrainConfig`.
        work: folder to keep facesets, models and outputs in; nothing is kept where None. What lies
            there is not made again: after a change to the code take another folder.
        baseline: JSON file of an earlier run, to be held against.
        out: JSON file to write, which can be a baseline later.
    """

    steps: int = QUALITY_STEPS
    minutes: float | None = None
    seeds: tuple[int, ...] = (0,)
    pairs: tuple[str, ...] = ()
    data: Path | None = None
    preset: str = "tiny"
    start: str = "base"
    losses: Mapping[str, float] = field(default_factory=dict[str, float])
    work: Path | None = None
    baseline: Path | None = None
    out: Path | None = None


@dataclass(frozen=True, kw_only=True)
class QualityRun:
    """One pair with one seed: the figures of `HIGHER_IS_BETTER`, None where there is no such figure."""

    pair: str
    seed: int
    figures: Figures
    steps: int
    steps_per_s: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class QualityResult:
    """All runs, and what has changed since the baseline: {pair: {figure: change}}."""

    preset: str
    start: str
    steps: int | None
    minutes: float | None
    runs: list[QualityRun]
    seconds: float
    peak_rss_mb: float
    changes: dict[str, dict[str, Change]] = field(default_factory=dict[str, "dict[str, Change]"])
    warnings: list[str] = field(default_factory=list[str])
    losses: dict[str, float] = field(default_factory=dict[str, float])


def figures_of(runs: Sequence[QualityRun]) -> dict[str, dict[str, list[float | None]]]:
    """{pair: {figure: one value a seed}} of what was measured with any seed."""
    gathered: dict[str, dict[str, list[float | None]]] = {}
    for one in runs:
        figures = gathered.setdefault(one.pair, {name: [] for name in HIGHER_IS_BETTER})
        for name in HIGHER_IS_BETTER:
            figures[name].append(one.figures.get(name))
    return {
        pair: {name: values for name, values in figures.items() if any(v is not None for v in values)}
        for pair, figures in gathered.items()
    }
