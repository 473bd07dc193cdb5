"""How good swaps are after a fixed training, on a fixed set of pairs: every change is judged by it."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from understudy.core.errors import ConfigError
from understudy.core.events import Notice, OnEvent, Written, ignore
from understudy.core.files import peak_rss_mb, write_atomically
from understudy.measure.regression import Change, compare_runs
from understudy.workflows import convert, evaluate, extract, train
from understudy.workflows.configs import ConvertConfig, ExtractConfig, TrainConfig, TrainResult
from understudy.workflows.evaluate import EvaluateConfig, EvaluateResult
from understudy.workflows.quality_pairs import REAL_FOOTAGE, Pair, real_pairs, rendered_pairs

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


@dataclass(frozen=True, kw_only=True)
class QualityConfig:
    """What is trained and how long.

    Args:
        steps: training steps of each pair; ignored where minutes are given.
        minutes: wall time instead: what a user gets, but no two runs are alike.
        seeds: one run a seed.
        pairs: names of the pairs; all that are there where empty.
        data: folder of real footage; where None that beside the project, if it is there.
        preset: "tiny" or "classic".
        start: "base" or "scratch".
        work: folder to keep facesets, models and outputs in; nothing is kept where None.
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


def run(config: QualityConfig, on_event: OnEvent = ignore) -> QualityResult:
    """Extract, train, convert and evaluate every pair with every seed.

    Raises:
        ConfigError: an unknown pair, or a baseline that is none.
        UnderstudyError: as of the steps of a swap.
    """
    started = time.monotonic()
    baseline = read_baseline(config.baseline) if config.baseline else {}
    warnings: list[str] = []
    with ExitStack() as stack:
        pairs = [*stack.enter_context(rendered_pairs()), *real_pairs(_data(config))]
        work = config.work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        runs = [
            _run(pair, seed, config, work / pair.name, on_event, warnings)
            for pair in _chosen(pairs, config.pairs)
            for seed in config.seeds
        ]
    result = QualityResult(
        preset=config.preset,
        start=config.start,
        steps=None if config.minutes else config.steps,
        minutes=config.minutes,
        runs=runs,
        seconds=time.monotonic() - started,
        peak_rss_mb=peak_rss_mb(),
        changes=changes_since(baseline, figures_of(runs)),
        warnings=warnings,
    )
    if config.out is not None:
        write_atomically(config.out, (json.dumps(asdict(result), indent=1) + "\n").encode())
        on_event(Written(path=config.out, what="figures"))
    return result


def _data(config: QualityConfig) -> Path:
    if config.data is not None and not config.data.is_dir():
        raise ConfigError(f"there is no folder {config.data}", "name the folder of real footage")
    return config.data or REAL_FOOTAGE


def figures_of(runs: Sequence[QualityRun]) -> dict[str, dict[str, list[float]]]:
    """{pair: {figure: one value a seed}} of what was measured."""
    gathered: dict[str, dict[str, list[float]]] = {}
    for one in runs:
        figures = gathered.setdefault(one.pair, {})
        for name, value in one.figures.items():
            if value is not None:
                figures.setdefault(name, []).append(value)
    return gathered


def changes_since(
    before: Mapping[str, Mapping[str, Sequence[float]]], now: Mapping[str, Mapping[str, Sequence[float]]]
) -> dict[str, dict[str, Change]]:
    """What both have, held against each other."""
    return {
        pair: {
            name: compare_runs(before[pair][name], values, higher_is_better=HIGHER_IS_BETTER[name])
            for name, values in figures.items()
            if name in before[pair]
        }
        for pair, figures in now.items()
        if pair in before
    }


def read_baseline(path: Path) -> dict[str, dict[str, list[float]]]:
    """The figures of an earlier run's JSON file.

    Raises:
        ConfigError: it cannot be read or is none.
    """
    try:
        stored = json.loads(path.read_text("utf-8"))
        runs = [
            QualityRun(
                pair=str(one["pair"]),
                seed=int(one["seed"]),
                figures={name: cast("float | None", one["figures"].get(name)) for name in HIGHER_IS_BETTER},
                steps=0,
                steps_per_s=0.0,
                seconds=0.0,
            )
            for one in stored["runs"]
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path} is no result of this benchmark ({error})", "give the file that --out wrote"
        ) from error
    return figures_of(runs)


def _chosen(pairs: list[Pair], names: tuple[str, ...]) -> list[Pair]:
    known = {pair.name: pair for pair in pairs}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ConfigError(f"there is no pair {unknown[0]!r}", f"use one of {', '.join(known)}")
    return [known[name] for name in names] or pairs


def _run(
    pair: Pair, seed: int, config: QualityConfig, work: Path, on_event: OnEvent, warnings: list[str]
) -> QualityRun:
    started = time.monotonic()
    on_event(Notice(message=f"{pair.name}, seed {seed}"))
    facesets = (work / "source.faceset", work / "target.faceset")
    footage = (pair.source, (pair.target, *pair.target_footage))
    for folder, shown in zip(facesets, footage, strict=True):
        warnings += extract.run(ExtractConfig(footage=shown, faceset=folder, identity=folder.stem)).warnings
    training = TrainConfig(
        facesets=facesets,
        model=work / f"seed_{seed}.model",
        preset=config.preset,
        minutes=config.minutes,
        steps=None if config.minutes else config.steps,
        start=config.start,
        seed=seed,
    )
    trained = train.finished_result(training) or train.run(training, on_event)
    if trained.interrupted:
        raise KeyboardInterrupt
    out = work / f"seed_{seed}.mp4"
    warnings += convert.run(ConvertConfig(target=pair.target, model=training.model, out=out)).warnings
    evaluation = evaluate.run(
        EvaluateConfig(
            output=out, target=pair.target, source=facesets[0], target_faceset=facesets[1], truth=pair.truth
        )
    )
    return QualityRun(
        pair=pair.name,
        seed=seed,
        figures=_figures(evaluation, trained),
        steps=trained.steps,
        steps_per_s=trained.steps_per_s,
        seconds=time.monotonic() - started,
    )


def _figures(evaluation: EvaluateResult, trained: TrainResult) -> Figures:
    expression = evaluation.expression
    correlations = cast("dict[str, float | None]", expression["r"])
    ssim, mean_face = (trained.validation[name] for name in ("ssim_in_mask", "mean_face_ssim_in_mask"))
    measured: Figures = {
        "identity": evaluation.identity["nearer_to_source"],
        **{f"r_{name}": value for name, value in correlations.items()},
        "rms": cast("float | None", expression["rms"]),
        "pose_deg": evaluation.pose_deg,
        "gaze_deg": evaluation.gaze_deg,
        "flicker": evaluation.flicker,
        "seam": evaluation.seam,
        "truth_ssim": evaluation.truth["ssim"],
        "truth_ssim_gain": evaluation.truth["ssim_gain"],
        "truth_psnr": evaluation.truth["psnr"],
        **{f"heldout_ssim_{name}": value for name, value in ssim.items()},
        **{f"above_mean_face_{name}": value - mean_face[name] for name, value in ssim.items()},
    }
    return {name: measured.get(name) for name in HIGHER_IS_BETTER}
