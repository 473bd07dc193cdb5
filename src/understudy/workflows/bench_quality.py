"""How good swaps are after a fixed training, on a fixed set of pairs: every change is judged by it."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import cast

from understudy.core.errors import ConfigError
from understudy.core.events import Notice, OnEvent, Written, ignore
from understudy.core.files import peak_rss_mb, write_atomically
from understudy.nets.presets import PRESETS
from understudy.workflows import convert, evaluate, extract, train
from understudy.workflows.configs import ConvertConfig, ExtractConfig, TrainConfig, TrainResult
from understudy.workflows.consent import note_person
from understudy.workflows.evaluate_result import EvaluateConfig, EvaluateResult
from understudy.workflows.known_pairs import REAL_FOOTAGE, Pair, check_pair, real_pairs, rendered_pairs
from understudy.workflows.loss_choice import check_losses
from understudy.workflows.quality_baseline import changes_since, read_baseline
from understudy.workflows.quality_result import (
    HIGHER_IS_BETTER,
    Figures,
    QualityConfig,
    QualityResult,
    QualityRun,
    figures_of,
)


def run(config: QualityConfig, on_event: OnEvent = ignore) -> QualityResult:
    """Extract, train, convert and evaluate every pair with every seed.

    Raises:
        ConfigError: an unknown pair, or a baseline that is none.
        UnderstudyError: as of the steps of a swap.
    """
    started = time.monotonic()
    if config.out is not None and not config.out.parent.is_dir():
        raise ConfigError(f"there is no folder {config.out.parent}", "make it, or write elsewhere")
    check_losses(config.losses, PRESETS[config.preset])
    baseline = read_baseline(config.baseline, config) if config.baseline else {}
    warnings: list[str] = []
    with ExitStack() as stack:
        pairs = _chosen([*stack.enter_context(rendered_pairs()), *real_pairs(_data(config))], config.pairs)
        for pair in pairs:
            check_pair(pair)
        work = config.work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        runs = [
            one for pair in pairs for one in _run_seeds(pair, config, work / pair.name, on_event, warnings)
        ]
    warnings += [
        f"the baseline knows {pair}, which was not run" for pair in baseline if pair not in figures_of(runs)
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
        losses=dict(config.losses),
    )
    if config.out is not None:
        write_atomically(config.out, (json.dumps(asdict(result), indent=1) + "\n").encode())
        on_event(Written(path=config.out, what="figures"))
    return result


def _data(config: QualityConfig) -> Path:
    if config.data is not None and not config.data.is_dir():
        raise ConfigError(f"there is no folder {config.data}", "name the folder of real footage")
    return config.data or REAL_FOOTAGE


def _chosen(pairs: list[Pair], names: tuple[str, ...]) -> list[Pair]:
    known = {pair.name: pair for pair in pairs}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ConfigError(f"there is no pair {unknown[0]!r}", f"use one of {', '.join(known)}")
    return [known[name] for name in names] or pairs


def _run_seeds(
    pair: Pair, config: QualityConfig, work: Path, on_event: OnEvent, warnings: list[str]
) -> Iterator[QualityRun]:
    """Extract a pair once, then train, convert and evaluate with each seed."""
    facesets = (work / "source.faceset", work / "target.faceset")
    footage = (pair.source, (pair.target, *pair.target_footage))
    for folder, shown in zip(facesets, footage, strict=True):
        extracted = extract.run(ExtractConfig(footage=shown, faceset=folder, identity=folder.stem), on_event)
        warnings += [f"{pair.name}: {message}" for message in extracted.warnings]
    note_person(facesets[0], pair.person)
    for seed in config.seeds:
        on_event(Notice(message=f"{pair.name}, seed {seed}"))
        yield _run(pair, seed, config, facesets, work, on_event, warnings)


def _run(
    pair: Pair,
    seed: int,
    config: QualityConfig,
    facesets: tuple[Path, Path],
    work: Path,
    on_event: OnEvent,
    warnings: list[str],
) -> QualityRun:
    started = time.monotonic()
    training = TrainConfig(
        facesets=facesets,
        model=work / f"seed_{seed}.model",
        preset=config.preset,
        minutes=config.minutes,
        steps=None if config.minutes else config.steps,
        start=config.start,
        seed=seed,
        losses=config.losses,
        device="cpu",  # as all figures that these are held against
        consent=pair.consent,
    )
    trained = train.finished_result(training) or train.run(training, on_event)
    if trained.interrupted:
        raise KeyboardInterrupt
    out = work / f"seed_{seed}.mp4"
    converted = convert.run(
        ConvertConfig(
            target=pair.target,
            model=training.model,
            out=out,
            consent=pair.consent,
            people={facesets[0].stem: pair.person},
        ),
        on_event,
    )
    evaluation = evaluate.run(
        EvaluateConfig(
            output=out, target=pair.target, source=facesets[0], target_faceset=facesets[1], truth=pair.truth
        ),
        on_event,
    )
    for message in (*trained.warnings, *converted.warnings, *evaluation.warnings):
        warnings.append(f"{pair.name}, seed {seed}: {message}")
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
