import sys
from pathlib import Path

import numpy as np
import pytest

from understudy.core.errors import ConfigError
from understudy.workflows import train
from understudy.workflows.configs import TrainConfig
from understudy.workflows.training_board import TensorBoard


def read(folder: Path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    return events


def test_what_is_shown_is_what_tensorboard_reads(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    board = TensorBoard(tmp_path)
    board.scalars({"loss": 0.5, "rate": 0.25}, 10)
    board.picture(np.zeros((20, 30, 3), np.uint8), 10)
    board.close()
    events = read(tmp_path / "tensorboard")
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(10, 0.5)]
    (image,) = events.Images("preview")
    assert (image.width, image.height) == (30, 20)


def test_training_writes_curves_and_previews(facesets: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    model = tmp_path / "m"
    train.run(TrainConfig(facesets=facesets, model=model, steps=10, batch=1, tensorboard=True))
    events = read(model / "tensorboard")
    tags = {"loss", "learning rate", "steps a second", "held-out SSIM/source", "held-out SSIM/target"}
    assert set(events.Tags()["scalars"]) == tags
    assert events.Scalars("loss")[-1].step == 10
    assert events.Images("preview")[-1].step == 10


def test_without_tensorboard_it_says_how_to_get_it(
    facesets: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    config = TrainConfig(facesets=facesets, model=tmp_path / "m", steps=1, tensorboard=True)
    with pytest.raises(ConfigError, match=r"pip install understudy\[tensorboard\]"):
        train.run(config)
    assert not (tmp_path / "m").exists()
