import sys
from pathlib import Path

import numpy as np
import pytest

from limits import enlarge, small_disk
from understudy.core.errors import ConfigError
from understudy.media.images import encode_jpeg
from understudy.workflows import train
from understudy.workflows.configs import TrainConfig
from understudy.workflows.training_board import SteadyBoard, TensorBoard


def read(folder: Path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder), size_guidance={"images": 0})  # all
    events.Reload()
    return events


def test_what_is_shown_is_what_tensorboard_reads(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    board = TensorBoard(tmp_path)
    board.scalars({"loss": 0.5, "rate": 0.25}, 10)
    jpeg = encode_jpeg(np.zeros((20, 30, 3), np.uint8))
    board.picture(jpeg, (30, 20), 10)
    board.close()
    events = read(tmp_path / "tensorboard")
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(10, 0.5)]
    (image,) = events.Images("preview")
    assert (image.width, image.height) == (30, 20)
    assert image.encoded_image_string == jpeg  # a manifest in it stays


def test_a_disk_that_is_full_for_a_while_costs_what_could_not_be_written(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    noise = encode_jpeg(np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8))
    said: list[str] = []
    with small_disk(tmp_path / "disk", 400) as disk:
        board = SteadyBoard(TensorBoard(disk), said.append)
        board.scalars({"loss": 0.5}, 1)
        for step in range(2, 40):
            board.picture(noise, (100, 100), step)
        assert len(said) == 1
        assert "No space left on device" in said[0]
        assert "training goes on" in said[0]
        enlarge(disk, 4000)
        board.scalars({"loss": 0.25}, 40)
        board.close()
        events = read(disk / "tensorboard")
        assert [(event.step, event.value) for event in events.Scalars("loss")] == [(1, 0.5), (40, 0.25)]
        kept = [event.step for event in events.Images("preview")]
        assert kept == list(range(2, 2 + len(kept)))
        assert 1 < len(kept) < 38
    assert len(said) == 1


def test_where_nothing_can_be_written_at_all_it_is_said_once(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    (tmp_path / "tensorboard").write_text("a file in the folder's place")
    said: list[str] = []
    board = SteadyBoard(TensorBoard(tmp_path), said.append)
    for step in (1, 2):
        board.scalars({"loss": 0.5}, step)
    board.close()
    assert len(said) == 1
    assert str(tmp_path / "tensorboard") in said[0]


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
