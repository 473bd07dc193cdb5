"""Training that is killed 20 times, or interrupted once, beside an undisturbed run: the models are compared.

    python benchmarks/train_survives.py > benchmarks/results/train_survives.json

Each run trains `tiny` on the demo's actors for 200 steps and saves four times a second. Kills (SIGKILL) come
at random times, every other one counted from the run's start and every other one from its first new save, so
that they meet the start of a run and its training. After each, the newest save must load whole, and the next
run must go on from it. The interrupted run gets SIGTERM in the middle.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from machine import about

from understudy.training.model_folder import find_generation, holds_model, load_model
from understudy.workflows import extract
from understudy.workflows.configs import ExtractConfig
from understudy.workflows.consent import note_person

KILLS, STEPS, SAVE_EVERY_S = 20, 200, 0.25
LATEST = 0.06  # of an undisturbed training, after its first new save, that a run is killed
TRAIN = f"""
from understudy.workflows import training_session
training_session.SAVE_EVERY_S = {SAVE_EVERY_S}
from understudy.cli.main import main
main()
"""


def main() -> None:
    """Print one JSON object."""
    dice = random.Random(3)
    heading = about()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        facesets = [folder / "source", folder / "target"]
        for clip, faceset in zip(("B_train", "A_testA"), facesets, strict=True):
            path = Path(str(files("understudy"))) / "assets" / "demo" / f"{clip}.mp4"
            extract.run(ExtractConfig(footage=(path,), faceset=faceset, every=4))
            note_person(faceset, f"built-in actor {clip[0]}")
        calm, first_s, calm_s = undisturbed(facesets, folder / "calm")
        say(f"undisturbed: first save after {first_s:.1f} s, then {calm_s:.1f} s")
        interrupted = interrupt(facesets, folder / "interrupted")
        say(f"interrupted at step {interrupted}")
        kills: list[dict[str, Any]] = []
        while len(kills) < KILLS:
            latest_s = LATEST * calm_s if len(kills) % 2 else 1.3 * first_s
            kills.append(kill(facesets, folder / "killed", dice.uniform(0, latest_s), len(kills) % 2 == 1))
            say(f"kill {len(kills)}: {kills[-1]}")
        code = run_to_its_end(facesets, folder / "killed")
        result = {
            "steps": STEPS,
            "save_every_s": SAVE_EVERY_S,
            "threads": torch.get_num_threads(),
            "kills": kills,
            "loaded_whole_after_every_kill": True,  # or it would have ended there
            "last_run_exit_code": code,
            "killed_equals_undisturbed": state(folder / "killed") == calm,
            "interrupted_at_step": interrupted,
            "interrupted_equals_undisturbed": state(folder / "interrupted") == calm,
        }
    print(json.dumps({"machine": heading} | result, indent=1))


def say(line: str) -> None:
    """Tell on standard error how far it is."""
    print(line, file=sys.stderr, flush=True)


def start(facesets: list[Path], model: Path) -> subprocess.Popen[bytes]:
    """One and the same command."""
    command = [sys.executable, "-c", TRAIN, "train", *map(str, facesets), "--model", str(model)]
    return subprocess.Popen(
        [*command, "--steps", str(STEPS), "--batch", "2", "--consent", "rendered"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,  # of its own, and in the session whose priority this has
    )


def run_to_its_end(facesets: list[Path], model: Path) -> int:
    """The command's exit code."""
    return start(facesets, model).wait()


def undisturbed(facesets: list[Path], model: Path) -> tuple[Any, float, float]:
    """What such a run ends with, the seconds to its first save after the start, and from there to its end."""
    started = time.monotonic()
    process = start(facesets, model)
    wait_for_step(process, model, 1)
    first_s = time.monotonic() - started
    assert process.wait() == 0
    return state(model), first_s, time.monotonic() - started - first_s


def interrupt(facesets: list[Path], model: Path) -> int:
    """Ask it to end in the middle, then run the command again; returns where it was."""
    process = start(facesets, model)
    wait_for_step(process, model, STEPS // 2)
    process.send_signal(signal.SIGTERM)  # Ctrl-C is ignored in a script's background jobs
    assert process.wait() == 130
    stopped_at = find_generation(model).index.step
    assert run_to_its_end(facesets, model) == 0
    return stopped_at


def kill(facesets: list[Path], model: Path, wait_s: float, from_new_save: bool) -> dict[str, Any]:
    """Run the command, kill it, and look at what is there."""
    before = find_generation(model).index.step if holds_model(model) else -1
    process = start(facesets, model)
    if from_new_save:
        wait_for_step(process, model, max(0, before) + 1)
    time.sleep(wait_s)
    assert process.poll() is None, "it ended before it was killed: a larger STEPS gives all kills their time"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    half_written = sorted(path.name.split(".")[1] for path in model.rglob(".*.part*"))
    step = -1
    if holds_model(model):
        loaded = load_model(model, bf16=False)
        assert loaded.warnings == [], loaded.warnings
        step = loaded.index.step
    assert step >= before, f"step {before} was there, and is gone"
    return {
        "counted_from": "a new save" if from_new_save else "the start",
        "after_s": round(wait_s, 3),
        "files_half_written": half_written,
        "loads_step": None if step < 0 else step,
    }


def wait_for_step(process: subprocess.Popen[bytes], model: Path, step: int) -> None:
    """Wait until a save of that step or a later one is there, or the process has ended."""
    while process.poll() is None and step_of(model) < step:
        time.sleep(0.01)


def step_of(model: Path) -> int:
    """The step that the newest index names, read while it is written; -1 where there is none."""
    try:
        return json.loads((model / "model.json").read_text())["step"]
    except FileNotFoundError:
        return -1


def state(model: Path) -> Any:  # noqa: ANN401
    """All that further training depends on, weights and optimizer as digests of their bits."""
    index = find_generation(model).index
    assert index.budget.finished
    return index.step, index.seed, index.weights_sha256, index.optimizer_sha256, index.loss


if __name__ == "__main__":
    main()
