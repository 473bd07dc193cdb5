"""What each loss of training is worth: swaps of models that were trained without it, or with another weight.

    python benchmarks/losses.py --work FOLDER --data ../shared/data > benchmarks/results/losses.json

Runs `understudy bench quality` once a variant and seed, on one pair whose faces are found once. What lies in
the folder is not made again, so a run that was stopped goes on; after a change to the code take another one.
The table of means, for docs/training.md, goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from held_out import drawn_figures, held_out_planes
from machine import about

from understudy.core.events import Notice
from understudy.measure.regression import seed_noise
from understudy.nets.presets import PRESETS
from understudy.workflows import bench_quality
from understudy.workflows.quality_result import QualityConfig

USUAL = "none"
VARIANTS: dict[str, dict[str, float]] = {
    USUAL: {},
    **{f"{name} off": {name: 0.0} for name in ("l1", "ssim", "focus", "mask", "expression", "consistency")},
}
SHOWN = {
    "identity": 3,
    "r_mouth_open": 2,
    "r_mouth_width": 2,
    "r_eye_open": 2,
    "r_brow": 2,
    "rms": 4,
    "pose_deg": 2,
    "gaze_deg": 2,
    "heldout_ssim_source": 4,
    "heldout_ssim_target": 4,
}

Runs = dict[str, list[dict[str, Any]]]  # by variant, a seed each


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for facesets, models and figures")
    parser.add_argument("--data", type=Path, help="folder of real footage")
    parser.add_argument("--pair", default="d13_into_d9")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    args = parser.parse_args()
    for seed in args.seeds:
        for name, losses in VARIANTS.items():
            config = QualityConfig(
                steps=args.steps, seeds=(seed,), pairs=(args.pair,), data=args.data, losses=losses
            )
            measure(config, args.work, name)
    runs = gathered(args.work, args.pair)
    print(table(runs), file=sys.stderr)
    settings = {"pair": args.pair, "steps": args.steps}
    print(json.dumps({"machine": about(), "settings": settings, "variants": runs}, indent=1))


def measure(config: QualityConfig, work: Path, name: str) -> None:
    """One variant with one seed, unless its figures are there."""
    folder = work / name.replace(" ", "_")
    out = folder / f"seed_{config.seeds[0]}.json"
    if out.exists():
        return
    pair, usual = folder / config.pairs[0], work / USUAL / config.pairs[0]
    if not pair.exists() and usual.exists():
        for faceset in usual.glob("*.faceset"):
            shutil.copytree(faceset, pair / faceset.name)
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{name}, seed {config.seeds[0]}", file=sys.stderr)
    bench_quality.run(replace(config, work=folder, out=out), say)


def gathered(work: Path, pair: str) -> Runs:
    """All figures that lie in a folder, and those of held-out faces."""
    runs: Runs = {}
    preset = PRESETS["tiny"]
    planes = {
        path.stem: held_out_planes(path, preset.size_px, preset.coverage)
        for path in sorted((work / USUAL / pair).glob("*.faceset"))
    }
    for path in sorted(work.glob("*/seed_*.json")):
        result = json.loads(path.read_text())
        (one,) = result["runs"]
        row = {"seed": one["seed"], "losses": result["losses"], "figures": one["figures"]}
        row["held_out"] = drawn_figures(path.parent / pair / f"{path.stem}.model", planes)
        runs.setdefault(path.parent.name, []).append(row)
    return runs


def table(runs: Runs) -> str:
    """Means over the seeds, and how far seeds of one variant lie apart, as Markdown."""
    lines = [f"| change | seeds | {' | '.join(SHOWN)} |", f"| --- |{' --- |' * (len(SHOWN) + 1)}"]
    for name, rows in sorted(runs.items(), key=lambda item: (item[0] != USUAL, item[0])):
        means = [
            f"{fmean(row['figures'][figure] for row in rows):.{digits}f}" for figure, digits in SHOWN.items()
        ]
        lines.append(f"| {name} | {len(rows)} | {' | '.join(means)} |")
    noise = [
        seed_noise([[row["figures"][figure] for row in rows] for rows in runs.values()]) for figure in SHOWN
    ]
    deviations = [
        "" if one is None else f"{one.deviation:.{digits}f}"
        for one, digits in zip(noise, SHOWN.values(), strict=True)
    ]
    return "\n".join([*lines, f"| deviation of one seed | | {' | '.join(deviations)} |"])


def say(event: object) -> None:
    """Warnings, on standard error."""
    if isinstance(event, Notice):
        print(event.message, file=sys.stderr)


if __name__ == "__main__":
    main()
