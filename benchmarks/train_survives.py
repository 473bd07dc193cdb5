"""Training that is killed 20 times, or interrupted once, beside an undisturbed run: the models are compared.

    python benchmarks/train_survives.py > benchmarks/results/train_survives.json

Each run trains `tiny` on the demo's actors for 200 steps and saves four times a second. Kills (SIGKILL) come
at random times; after each, the newest save must be whole. The interrupted run gets SIGTERM in the middle.
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

from understudy.training.model_folder import find_generation, holds_model, load_model
from understudy.workflows import extract
from understudy.workflows.configs import ExtractConfig

KILLS, STEPS = 20, 200
TRAIN = """
from understudy.workflows import training_session
training_session.SAVE_EVERY_S = 0.25
from understudy.cli.main import main
main()
"""


def main() -> None:
    """Print one JSON object."""
    dice = random.Random(3)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        facesets = [folder / "source", folder / "target"]
        for clip, faceset in zip(("B_train", "A_testA"), facesets, strict=True):
            path = Path(str(files("understudy"))) / "assets" / "demo" / f"{clip}.mp4"
            extract.run(ExtractConfig(footage=(path,), faceset=faceset, every=4))
        calm, first_s = undisturbed(facesets, folder / "calm")
        interrupted = interrupt(facesets, folder / "interrupted")
        reached: list[int] = []
        while len(reached) < KILLS:
            process = start(facesets, folder / "killed")
            wait_s = dice.uniform(0, 1.3 * first_s)
            try:
                process.wait(wait_s)
                break  # it was through
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            reached.append(whole_step(folder / "killed"))
        code = start(facesets, folder / "killed").wait()
        result = {
            "kills": len(reached),
            "whole_at_step_after_each": reached,
            "last_run_exit_code": code,
            "killed_equals_undisturbed": state(folder / "killed") == calm,
            "interrupted_at_step": interrupted,
            "interrupted_equals_undisturbed": state(folder / "interrupted") == calm,
        }
    print(json.dumps(result, indent=1))


def start(facesets: list[Path], model: Path) -> subprocess.Popen[bytes]:
    """One and the same command."""
    command = [sys.executable, "-c", TRAIN, "train", *map(str, facesets), "--model", str(model)]
    return subprocess.Popen(
        [*command, "--steps", str(STEPS), "--batch", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def undisturbed(facesets: list[Path], model: Path) -> tuple[Any, float]:
    """What such a run ends with, and the seconds to its first save after the start."""
    started = time.monotonic()
    process = start(facesets, model)
    while process.poll() is None and step_of(model) < 1:
        time.sleep(0.01)
    first_s = time.monotonic() - started
    assert process.wait() == 0
    return state(model), first_s


def interrupt(facesets: list[Path], model: Path) -> int:
    """Ask it to end in the middle, then run the command again; returns where it was."""
    process = start(facesets, model)
    while process.poll() is None and step_of(model) < STEPS // 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)  # Ctrl-C is ignored in a script's background jobs
    assert process.wait() == 130
    stopped_at = find_generation(model).index.step
    assert start(facesets, model).wait() == 0
    return stopped_at


def step_of(model: Path) -> int:
    """The step of the newest save, -1 where there is none."""
    try:
        return json.loads((model / "model.json").read_text())["step"]
    except FileNotFoundError:
        return -1


def whole_step(model: Path) -> int:
    """The same, with everything of that save loaded."""
    if not holds_model(model):
        return -1
    loaded = load_model(model, bf16=False)
    assert loaded.warnings == [], loaded.warnings
    return loaded.index.step


def state(model: Path) -> Any:  # noqa: ANN401
    """All that further training depends on, weights and optimizer as digests of their bits."""
    index = find_generation(model).index
    assert index.budget.finished
    return index.step, index.seed, index.weights_sha256, index.optimizer_sha256, index.loss


if __name__ == "__main__":
    main()
