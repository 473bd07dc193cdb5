"""Training that is killed: what is there is whole, and the same command ends as if nothing had been."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from forked import ended, start_forked
from understudy.training.model_folder import find_generation, holds_model, load_model

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no SIGKILL and no process groups to end"
)

STEPS = 24


def test_kills_end_with_the_model_of_an_undisturbed_run(few_faces: tuple[Path, Path], tmp_path: Path) -> None:
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    process = start(few_faces, calm, save_every_s=1000.0)
    reached: list[int] = []
    for moment in (nothing_yet, first_weights, moving, saving, saved):
        victim = start(few_faces, killed)
        wait_for(victim, moment(killed))
        victim.kill()
        victim.join()
        reached.append(whole_step(killed))
    assert reached == sorted(reached)
    assert reached[-1] > 0
    assert ended(start(few_faces, killed)) == 0
    assert ended(process) == 0
    one, other = (find_generation(folder).index for folder in (calm, killed))
    assert one.budget.finished
    assert other.budget.finished
    assert (one.step, one.weights_sha256, one.optimizer_sha256, one.loss) == (
        other.step,
        other.weights_sha256,
        other.optimizer_sha256,
        other.loss,
    )


def start(few_faces: tuple[Path, Path], model: Path, save_every_s: float = 0.0) -> BaseProcess:
    """It saves whenever it may: most of the time a save is being written."""
    arguments = ["train", *map(str, few_faces), "--model", str(model), "--steps", str(STEPS), "--batch", "1"]
    return start_forked(arguments, training_session__SAVE_EVERY_S=save_every_s)


def wait_for(process: BaseProcess, reached: Callable[[], bool]) -> None:
    started = time.monotonic()
    while not reached():
        assert process.is_alive(), "it ended before it was killed"
        assert time.monotonic() - started < 120
        time.sleep(0.001)


def whole_step(folder: Path) -> int:
    """The step of the newest save, every part of which is there; -1 where there is none yet."""
    if not holds_model(folder):
        return -1
    loaded = load_model(folder, bf16=False)
    assert loaded.warnings == []
    return loaded.index.step


def nothing_yet(folder: Path) -> Callable[[], bool]:
    started = time.monotonic()
    return lambda: time.monotonic() - started > 0.5


def first_weights(folder: Path) -> Callable[[], bool]:
    """While the very first save is written."""
    return lambda: folder.exists() and any(folder.glob(".weights*.part*"))


def moving(folder: Path) -> Callable[[], bool]:
    """While the files of a save get their final names."""
    before = whole_step(folder)
    return lambda: (folder / "model.next.json").exists() and whole_step_now(folder) > before


def saving(folder: Path) -> Callable[[], bool]:
    """While the optimizer of a later save is written."""
    before = whole_step(folder)
    return lambda: whole_step_now(folder) > before and any(folder.glob(".optimizer*.part*"))


def saved(folder: Path) -> Callable[[], bool]:
    """Two saves later."""
    before = whole_step(folder)
    return lambda: whole_step_now(folder) > before + 1


def whole_step_now(folder: Path) -> int:
    """The step that the newest index names, read while it is written; -1 where there is none."""
    try:
        return json.loads((folder / "model.json").read_text())["step"]
    except FileNotFoundError:
        return -1
