"""Training by several processes, from facesets to a model: as if it were one, and safe when one ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest
import torch

from understudy.core.errors import ConfigError, ProcessLost
from understudy.core.events import Event, Progress
from understudy.training.loop import Trainer
from understudy.training.model_folder import find_generation, load_model
from understudy.workflows import team_start, train, training_session
from understudy.workflows.configs import TrainConfig

STEPS, MANY = 8, 20


@pytest.fixture(autouse=True)
def one_thread_each(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Sums over several threads may be put together otherwise."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setattr(train, "has_fast_bf16", lambda _: False)
    yield
    assert torch.get_num_threads() == 1
    torch.set_num_threads(threads)


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seen: list[float] = []
    step = Trainer.step

    def kept(self: Trainer, *args: object) -> torch.Tensor:
        loss = step(self, *args)  # type: ignore[arg-type]
        seen.append(float(loss))
        return loss

    monkeypatch.setattr(Trainer, "step", kept)
    return seen


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that a training starts."""
    processes: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def noted(*args: object, **more: object) -> subprocess.Popen[bytes]:
        processes.append(popen(*args, **more))  # type: ignore[call-overload]
        return processes[-1]

    monkeypatch.setattr(team_start.subprocess, "Popen", noted)
    return processes


def test_two_processes_make_the_model_of_one(
    facesets: tuple[Path, Path],
    tmp_path: Path,
    losses: list[float],
    started: list[subprocess.Popen[bytes]],
) -> None:
    def trained(name: str, **how: int) -> tuple[dict[str, torch.Tensor], list[float]]:
        losses.clear()
        result = train.run(TrainConfig(facesets=facesets, model=tmp_path / name, steps=MANY, **how))  # type: ignore[arg-type]
        assert result.steps == MANY
        return load_model(tmp_path / name, bf16=False).model.state_dict(), losses.copy()

    two, two_losses = trained("two", batch=4, devices=2)
    assert [process.returncode for process in started] == [0]
    parts, parts_losses = trained("parts", batch=2, accumulate=2)
    _, one_losses = trained("one", batch=4)
    assert len(started) == 1
    assert two_losses == parts_losses
    assert all(torch.equal(value, parts[name]) for name, value in two.items())
    # where a unit has its kink, rounding may turn a gradient round: docs/training.md says how far that leads
    assert one_losses[:5] == pytest.approx(two_losses[:5], abs=1e-5)
    assert one_losses == pytest.approx(two_losses, abs=1e-3)


def test_networks_that_learn_slowly_do_so_in_every_process(
    few_faces: tuple[Path, Path], model: Path, tmp_path: Path
) -> None:
    def trained(name: str, **how: object) -> dict[str, torch.Tensor]:
        train.run(TrainConfig(facesets=few_faces, model=tmp_path / name, steps=4, **how))  # type: ignore[arg-type]
        return load_model(tmp_path / name, bf16=False).model.state_dict()

    start = {"from_model": model, "encoder": "slow"}
    two, parts = trained("two", batch=4, devices=2, **start), trained("parts", batch=2, accumulate=2, **start)
    assert all(torch.equal(value, parts[name]) for name, value in two.items())


def test_a_process_that_is_killed_ends_the_training_and_all_steps_before_are_kept(
    few_faces: tuple[Path, Path],
    tmp_path: Path,
    started: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training_session, "READ_EVERY", 1)

    def on_event(event: Event) -> None:
        if isinstance(event, Progress) and event.figures.get("step") == 3:
            started[0].kill()

    config = TrainConfig(facesets=few_faces, model=tmp_path / "m", steps=STEPS, batch=2, devices=2)
    with pytest.raises(ProcessLost, match=r"process 2 of 2 has ended \(SIGKILL.*m holds step 3: run"):
        train.run(config, on_event)
    index = find_generation(tmp_path / "m").index
    assert (index.step, index.budget.finished) == (3, False)
    alone = TrainConfig(facesets=few_faces, model=tmp_path / "m", steps=2, batch=2, resume=True)
    assert train.run(alone).steps == 5


def test_a_process_that_cannot_start_says_why(
    few_faces: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, sys.path)]))
    (tmp_path / "torch.py").write_text("raise OSError('no such library')")
    with pytest.raises(ProcessLost, match=r"process 2 of 2 has ended \(OSError: no such library\)"):
        train.run(TrainConfig(facesets=few_faces, model=tmp_path / "m", steps=1, devices=2))


def test_nobody_is_started_for_settings_that_cannot_work(
    few_faces: tuple[Path, Path], tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    def run(**how: int) -> None:
        train.run(TrainConfig(facesets=few_faces, model=tmp_path / "m", steps=1, **how))  # type: ignore[arg-type]

    with pytest.raises(ConfigError, match=r"3 faces .* evenly by 2 processes: give --batch 4"):
        run(batch=3, devices=2)
    with pytest.raises(ConfigError, match=r"8 faces .* evenly by 3 processes: give --batch 9"):
        run(devices=3)
    with pytest.raises(ConfigError, match="0 devices"):
        run(devices=0)
    with pytest.raises(ConfigError, match="0 batches a step"):
        run(accumulate=0)
    assert not started


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_torchrun_trains_with_one_voice_and_ctrl_c_saves(
    few_faces: tuple[Path, Path], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "understudy", "train", *map(str, few_faces), "--model", str(tmp_path / "m")]
    with (tmp_path / "said").open("w+") as said:
        process = subprocess.Popen(
            [*command, "--steps", "2000", "--batch", "2", "--json"],
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        while "train: " not in (tmp_path / "said").read_text():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        (line,) = process.communicate()[0].splitlines()
        errors = (tmp_path / "said").read_text()
    result = json.loads(line)
    assert result["interrupted"]
    assert 0 < result["steps"] < 2000
    assert find_generation(tmp_path / "m").index.step == result["steps"]
    assert errors.count("interrupted; what was finished is kept") == 1
    assert "error: " not in errors
