"""What adding a person to a trained model costs those who are in it, and what it gives the new one.

    python benchmarks/add_identity.py --facesets A B C D > benchmarks/results/add_identity.json

Three people are trained; then D is added in each way that training can go on, for the same number of steps:
as it does by itself, with all networks at the full rate, with the encoder frozen. Held-out SSIM in the mask
before and after, and its lowest change on the way; beside it that of the three trained on without D, and of
all four trained together from the start for as many steps in all. What is no faceset is footage, and is
extracted first.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from machine import about

from understudy import extract, train
from understudy.core.events import Notice, Progress
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_schema import is_faceset
from understudy.training.model_folder import find_generation
from understudy.workflows.configs import TrainResult
from understudy.workflows.training_result import SSIM

MOST_LOST = 0.005  # of the held-out SSIM of who is in the model already


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--facesets", type=Path, nargs=4, required=True, help="the last one is added")
    parser.add_argument("--steps", type=int, default=600, help="of the first three")
    parser.add_argument("--added-steps", type=int, default=300, help="once the fourth is added")
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--batch", type=int, help="faces a person and step; the preset's own where left out")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    asked: dict[str, Any] = {"preset": args.preset, "batch": args.batch, "seed": args.seed}
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        facesets = [as_faceset(path, scratch) for path in args.facesets]
        result = measured(facesets, scratch, args.steps, args.added_steps, asked)
    asked |= {"steps": args.steps, "added_steps": args.added_steps, "threads": torch.get_num_threads()}
    print(json.dumps({"machine": about(), "settings": asked} | result, indent=1))


def as_faceset(path: Path, scratch: Path) -> Path:
    """A faceset as it is, or that of a piece of footage."""
    if is_faceset(path):
        return path
    return extract(path, scratch / "facesets" / path.stem, on_event=say).faceset


def measured(
    facesets: list[Path], scratch: Path, steps: int, added_steps: int, asked: dict[str, Any]
) -> dict[str, Any]:
    """Train three, add the fourth in each way, and train all four together."""
    first = facesets[:3]
    before = training(first, scratch / "three", steps, asked)
    had, further = figures(before), asked | {"resume": True}
    added: dict[str, Any] = {}
    for encoder in (None, "trained", "frozen"):
        model = scratch / f"{encoder}"
        shutil.copytree(scratch / "three", model)
        result = training(facesets, model, added_steps, further | {"encoder": encoder})
        used = find_generation(model).index.settings["encoder"]
        added[used] = {"is_default": encoder is None} | compared(had, result, before.steps)
    without = training(first, scratch / "three", added_steps, further)
    together = training(facesets, scratch / "together", steps + added_steps, asked)
    fourth = name_of(facesets[3])
    whole = figures(together)
    for row in added.values():
        row["fourth"] = {
            "ssim": row["after"][fourth],
            "against_together": row["after"][fourth] - whole[fourth],
        }
    return {
        "fourth": fourth,
        "mean_face": together.validation["mean_face_ssim_in_mask"],
        "before": had,
        "added": added,
        "without_the_fourth": compared(had, without, before.steps),
        "together_from_the_start": {"after": whole, "seconds": together.seconds},
    }


def compared(had: dict[str, float], result: TrainResult, first_step: int) -> dict[str, Any]:
    """What further training did to the figures of those who were there before."""
    after = figures(result)
    entries = [entry for entry in result.history if entry["step"] > first_step]
    change = {name: after[name] - value for name, value in had.items()}
    return {
        "after": after,
        "change": change,
        "lowest_change_on_the_way": {
            name: min(entry[SSIM + name] for entry in entries) - value for name, value in had.items()
        },
        "validations": len(entries),
        "is_within_the_limit": min(change.values()) >= -MOST_LOST,
        "seconds": result.seconds,
    }


def training(facesets: list[Path], model: Path, steps: int, settings: dict[str, Any]) -> TrainResult:
    """One run of training."""
    print(f"{model.name}: {len(facesets)} people, {steps} steps", file=sys.stderr)
    result = train(facesets, model, steps=steps, on_event=say, **settings)
    if result.interrupted:  # its figures are of fewer steps
        sys.exit(f"{model.name} was interrupted: there is no result")
    return result


def figures(result: TrainResult) -> dict[str, float]:
    """Held-out SSIM in the mask by identity."""
    return result.validation["ssim_in_mask"]


def name_of(faceset: Path) -> str:
    """Whose it is."""
    with Faceset.open(faceset) as opened:
        return opened.identity


def say(event: object) -> None:
    """Progress now and then, and warnings, on standard error."""
    if isinstance(event, Notice) or (isinstance(event, Progress) and event.done % 100 == 0):
        print(event, file=sys.stderr)


if __name__ == "__main__":
    main()
