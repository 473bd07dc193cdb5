"""The feedback loop on a real pair: a swap's worst frames, training that draws them more often, and again.

    python benchmarks/feedback.py --work FOLDER --facesets SOURCE TARGET --target d9.mp4 --seeds 0 1 2 \
        > benchmarks/results/feedback.json

For each seed a model is trained, then copied and trained further twice, with the same number of steps:
with the focus and, as the control, without; and that as often as `--again` says, with other random choices
each time, as two such runs differ, too. Of frames that were chosen for being bad some would be better by
chance the next time, and any training makes some better; what the focus is worth is the difference from the
control. What lies in the folder is not made again, so a run that was stopped goes on. Whose face is
put in needs a record of consent, as always.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from machine import about

from understudy.core.events import Notice, Progress
from understudy.measure.bootstrap import difference_interval
from understudy.measure.frame_quality import EXPRESSION, FLICKER, IDENTITY, SEAM, FrameQuality, JudgePace
from understudy.measure.worst import APART_FRAMES, WORST_COUNT, scored
from understudy.workflows import convert, judge_frames, train
from understudy.workflows.configs import ConvertConfig, TrainConfig
from understudy.workflows.judge_frames import JudgeConfig
from understudy.workflows.worst_list import FILE_NAME, WorstList, read_worst, write_worst

BADNESS = "badness"  # all figures together, by the medians and deviations of the first swap
FIGURES = (IDENTITY, EXPRESSION, SEAM, FLICKER, BADNESS)
EVERY = JudgePace(seam_every=1, expression_every=1, identity_every=1)
BEFORE, FOCUSED, PLAIN = "before", "focused", "plain"
NEAR_FRAMES = 3  # of a worst frame: they are neither the worst nor the others

Swaps = dict[str, list[FrameQuality]]  # by name, one value a frame


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for models, swaps and lists")
    parser.add_argument("--facesets", type=Path, nargs=2, required=True, metavar=("SOURCE", "TARGET"))
    parser.add_argument("--target", type=Path, required=True, help="the footage that is changed")
    parser.add_argument("--source", help="who is put in, where that is not who the first faceset is of")
    parser.add_argument("--replaced", help="who is replaced, where that is not who the second is of")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--again", type=int, default=1, help="how often each model is trained further")
    parser.add_argument("--train-steps", type=int, default=3461, help="ten minutes on two idle cores")
    parser.add_argument("--steps", type=int, default=1000, help="three minutes")
    parser.add_argument("--device", default="auto", help="what trains")
    args = parser.parse_args()
    runs = [run for seed in args.seeds for run in runs_of(seed, args)]
    result = {
        "machine": about(),
        "settings": {
            "target": args.target.name,
            "train_steps": args.train_steps,
            "steps": args.steps,
            "seeds": args.seeds,
            "again": args.again,
        },
        "worst": [
            [one.model_dump(exclude={"picture"}) for one in worst.frames] for _, worst in runs[:: args.again]
        ],
        "frames": compared(runs),
    }
    print(json.dumps(result, indent=1))


def runs_of(seed: int, args: argparse.Namespace) -> list[tuple[Swaps, WorstList]]:
    """Train, swap, list the worst frames, train on with and without them, and swap again."""
    work = args.work / f"seed_{seed}"
    work.mkdir(parents=True, exist_ok=True)
    common = {"facesets": tuple(args.facesets), "device": args.device}
    base = work / f"{BEFORE}.model"
    if not (work / f"{BEFORE}.mp4").exists():
        train.run(TrainConfig(model=base, steps=args.train_steps, seed=seed, **common), say)
    before = judged(work, BEFORE, args)
    worst = listed(work, before, args.target)
    runs: list[tuple[Swaps, WorstList]] = []
    for again in range(args.again):
        swaps = {BEFORE: scored(before)}
        for kind in (FOCUSED, PLAIN):
            name = f"{kind}_{again}" if again else kind
            model = work / f"{name}.model"
            if not (work / f"{name}.mp4").exists():
                if not model.exists():
                    copied(base, model, seed + 100 * again)
                focus = work / "worst" / FILE_NAME if kind == FOCUSED else None
                train.run(TrainConfig(model=model, steps=args.steps, resume=True, focus=focus, **common), say)
            swaps[kind] = scored(judged(work, name, args), usual=before)
        runs.append((swaps, worst))
    return runs


def copied(base: Path, model: Path, seed: int) -> None:
    """Copy a model that makes other random choices from here on."""
    unfinished = model.with_suffix(".copying")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(base, unfinished)
    index = unfinished / "model.json"
    entries = json.loads(index.read_text())
    entries["seed"] = seed
    index.write_text(json.dumps(entries))
    unfinished.rename(model)


def judged(work: Path, name: str, args: argparse.Namespace) -> list[FrameQuality]:
    """Convert with a model and judge every frame, unless that is done."""
    known = work / f"{name}.json"
    if not known.exists():
        out, model = work / f"{name}.mp4", work / f"{name}.model"
        who = {"source": args.source, "target_identity": args.replaced}
        if not out.exists():
            convert.run(ConvertConfig(target=args.target, model=model, out=out, **who), say)
        config = JudgeConfig(target=args.target, output=out, model=model, **who)
        write_qualities(known, judge_frames.run(config, say, pace=EVERY))
    return read_qualities(known)


def write_qualities(path: Path, qualities: Sequence[FrameQuality]) -> None:
    """Keep what is known of frames."""
    entries = [asdict(one) | {"time_s": str(one.time_s)} for one in qualities]
    path.write_text(json.dumps(entries))


def read_qualities(path: Path) -> list[FrameQuality]:
    """What `write_qualities` kept."""
    entries: list[dict[str, Any]] = json.loads(path.read_text())
    return [
        FrameQuality(**entry | {"time_s": Fraction(entry["time_s"]), "face_px": tuple(entry["face_px"])})
        for entry in entries
    ]


def listed(work: Path, before: Sequence[FrameQuality], target: Path) -> WorstList:
    """The worst frames of the first swap, as they were when training began."""
    folder = work / "worst"
    if not (folder / FILE_NAME).exists():
        write_worst(
            folder,
            before,
            target=target,
            output=work / f"{BEFORE}.mp4",
            marks=None,  # nobody but this benchmark sees them
            model=work / f"{BEFORE}.model",
            count=WORST_COUNT,
            apart_frames=APART_FRAMES,
        )
    return read_worst(folder)


def compared(runs: Sequence[tuple[Swaps, WorstList]]) -> dict[str, Any]:
    """Each figure's mean over the worst frames, those that were listed for it, and all others."""
    groups: dict[str, dict[str, Any]] = {"worst": {}, "worst in this figure": {}, "others": {}}
    for figure in FIGURES:
        chosen: dict[str, list[set[int]]] = {group: [] for group in groups}
        for swaps, worst in runs:
            bad = {one.frame: one.reason for one in worst.frames}
            chosen["worst"].append(set(bad))
            chosen["worst in this figure"].append({at for at, reason in bad.items() if reason == figure})
            others = {
                one.frame_index
                for one in swaps[BEFORE]
                if all(abs(one.frame_index - index) > NEAR_FRAMES for index in bad)
            }
            chosen["others"].append(others)
        for group, frames in chosen.items():
            groups[group][figure] = figures_of([swaps for swaps, _ in runs], figure, frames)
    return groups


def figures_of(runs: Sequence[Swaps], figure: str, frames: Sequence[set[int]]) -> dict[str, Any]:
    """Means, each run's too, and the 95 % intervals of what changed; lower is better."""
    series: dict[str, list[list[float | None]]] = {
        name: [
            [_value(one, figure) for one in swaps[name] if one.frame_index in chosen]
            for swaps, chosen in zip(runs, frames, strict=True)
        ]
        for name in (BEFORE, FOCUSED, PLAIN)
    }
    result: dict[str, Any] = {"frames": sum(map(len, frames))}
    for name, of_runs in series.items():
        result[name] = _mean([value for values in of_runs for value in values])
        result[f"{name}, each run"] = [_mean(values) for values in of_runs]
    whole = {
        name: np.array([value for values in of_runs for value in values], np.float64)
        for name, of_runs in series.items()
    }
    for label, one, other in (
        ("focused less before", FOCUSED, BEFORE),
        ("plain less before", PLAIN, BEFORE),
        ("focused less plain", FOCUSED, PLAIN),
    ):
        difference = difference_interval(whole[one], whole[other])
        result[label] = None if difference is None else asdict(difference)
    return result


def _value(one: FrameQuality, figure: str) -> float | None:
    return one.badness if figure == BADNESS else one.figures.get(figure)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def say(event: object) -> None:
    """Warnings and now and then how far it is, on standard error."""
    if isinstance(event, Notice):
        print(event.message, file=sys.stderr)
    elif isinstance(event, Progress) and event.done % 100 == 0:
        print(event.stage, event.done, event.total, file=sys.stderr)


if __name__ == "__main__":
    main()
