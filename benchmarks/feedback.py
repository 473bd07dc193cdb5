"""The feedback loop on a real pair: a swap's worst frames, training that draws them more often, and again.

    python benchmarks/feedback.py --work FOLDER --model MODEL --facesets SOURCE TARGET \
        --target d9.mp4 --steps 1000 > benchmarks/results/feedback.json

The model is copied and trained further twice with the same batch, seed and number of steps: with the focus
and, as the control, without. Of frames that were chosen for being bad some would be better by chance the
next time, and any training makes some better; what the focus is worth is the difference from the control.
What lies in the folder is not made again, so a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

from machine import about

from understudy.core.events import Notice, Progress
from understudy.measure.bootstrap import difference_interval
from understudy.measure.frame_quality import EXPRESSION, FLICKER, IDENTITY, SEAM, FrameQuality, JudgePace
from understudy.measure.worst import APART_FRAMES, WORST_COUNT
from understudy.workflows import convert, judge_frames, train
from understudy.workflows.configs import ConvertConfig, TrainConfig
from understudy.workflows.judge_frames import JudgeConfig
from understudy.workflows.worst_list import FILE_NAME, WorstList, read_worst, write_worst

FIGURES = (IDENTITY, EXPRESSION, SEAM, FLICKER)
EVERY = JudgePace(flicker_every=1, seam_every=1, expression_every=1, identity_every=1)
BEFORE, FOCUSED, PLAIN = "before", "focused", "plain"
NEAR_FRAMES = 3  # of a worst frame: they are neither the worst nor the others


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for models, swaps and lists")
    parser.add_argument("--model", type=Path, required=True, help="a trained model; it is copied")
    parser.add_argument("--facesets", type=Path, nargs=2, required=True, metavar=("SOURCE", "TARGET"))
    parser.add_argument("--target", type=Path, required=True, help="the footage that is changed")
    parser.add_argument("--steps", type=int, default=1000)
    args = parser.parse_args()
    before = made(args.work, BEFORE, args.model, args.target)
    worst = listed(args.work, before, args.target, args.model)
    swaps, training = {BEFORE: before}, {}
    for name in (FOCUSED, PLAIN):
        model = args.work / f"{name}.model"
        if not (args.work / f"{name}.json").exists():
            if not model.exists():
                shutil.copytree(args.model, model)
            focus = args.work / "worst" / FILE_NAME if name == FOCUSED else None
            config = TrainConfig(
                facesets=tuple(args.facesets), model=model, steps=args.steps, resume=True, focus=focus
            )
            result = train.run(config, say)
            figures = {"seconds": result.seconds, "steps_per_s": result.steps_per_s}
            (args.work / f"{name}.json").write_text(json.dumps(figures | result.validation))
        training[name] = json.loads((args.work / f"{name}.json").read_text())
        swaps[name] = made(args.work, name, model, args.target)
    result = {
        "machine": about(),
        "settings": {"model": args.model.name, "target": args.target.name, "steps": args.steps},
        "worst": [one.model_dump() for one in worst.frames],
        "training": training,
        "frames": compared(swaps, worst),
    }
    print(json.dumps(result, indent=1))


def made(work: Path, name: str, model: Path, target: Path) -> list[FrameQuality]:
    """Convert, unless that is done, and judge every frame."""
    out = work / f"{name}.mp4"
    work.mkdir(parents=True, exist_ok=True)
    if not out.exists():
        convert.run(ConvertConfig(target=target, model=model, out=out), say)
    config = JudgeConfig(target=target, output=out, model=model)
    return judge_frames.run(config, say, pace=EVERY)


def listed(work: Path, before: Sequence[FrameQuality], target: Path, model: Path) -> WorstList:
    """The worst frames of the first swap, as they were when training began."""
    folder = work / "worst"
    if not (folder / FILE_NAME).exists():
        write_worst(
            folder,
            before,
            target=target,
            output=work / f"{BEFORE}.mp4",
            model=model,
            count=WORST_COUNT,
            apart_frames=APART_FRAMES,
        )
    return read_worst(folder)


def compared(swaps: dict[str, list[FrameQuality]], worst: WorstList) -> dict[str, Any]:
    """Each figure's mean over the worst frames, those that were worst in it, and all others."""
    bad = {one.frame: one.reason for one in worst.frames}
    others = {
        one.frame_index
        for one in swaps[BEFORE]
        if all(abs(one.frame_index - index) > NEAR_FRAMES for index in bad)
    }
    groups: dict[str, dict[str, Any]] = {"worst": {}, "worst in this figure": {}, "others": {}}
    for figure in FIGURES:
        chosen = {
            "worst": set(bad),
            "worst in this figure": {index for index, reason in bad.items() if reason == figure},
            "others": others,
        }
        for group, frames in chosen.items():
            groups[group][figure] = figures_of(swaps, figure, frames)
    return groups


def figures_of(swaps: dict[str, list[FrameQuality]], figure: str, frames: set[int]) -> dict[str, Any]:
    """Means, and the 95 % intervals of what changed since before and against the control; lower is better."""
    series = {
        name: [one.figures.get(figure) for one in known if one.frame_index in frames]
        for name, known in swaps.items()
    }
    known = {name: [value for value in values if value is not None] for name, values in series.items()}
    result: dict[str, Any] = {"frames": len(frames)}
    result |= {name: fmean(values) if values else None for name, values in known.items()}
    for label, one, other in (
        ("focused less before", FOCUSED, BEFORE),
        ("plain less before", PLAIN, BEFORE),
        ("focused less plain", FOCUSED, PLAIN),
    ):
        difference = difference_interval(series[one], series[other])
        result[label] = None if difference is None else asdict(difference)
    return result


def say(event: object) -> None:
    """Warnings and now and then how far it is, on standard error."""
    if isinstance(event, Notice):
        print(event.message, file=sys.stderr)
    elif isinstance(event, Progress) and event.done % 100 == 0:
        print(event.stage, event.done, event.total, file=sys.stderr)


if __name__ == "__main__":
    main()
