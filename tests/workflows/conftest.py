"""Short clips of rendered actors, and one small production that the tests share."""

from __future__ import annotations

from collections.abc import Generator
from importlib.resources import as_file, files
from itertools import islice
from pathlib import Path

import pytest
import torch

from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.workflows import extract, train, usual_faces
from understudy.workflows.configs import ExtractConfig, TrainConfig


def shortened(name: str, path: Path, frames: int) -> Path:
    """The first frames of a demo clip as a video of their own."""
    with (
        as_file(files("understudy") / "assets" / "demo" / f"{name}.mp4") as clip,
        VideoReader(clip) as reader,
        VideoWriter(path, like=reader.info) as writer,
    ):
        for frame in islice(reader, frames):
            writer.write(frame)
    return path


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    names = {"source": "B_train", "target": "A_testA"}
    return {key: shortened(name, folder / f"{key}.mp4", 48) for key, name in names.items()}


@pytest.fixture(scope="session")
def facesets(clips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("facesets")
    for key, clip in clips.items():
        extract.run(ExtractConfig(footage=(clip,), faceset=folder / key))
    return folder / "source", folder / "target"


@pytest.fixture(scope="session")
def few_faces(clips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same people in half as many faces: enough to train on, where nothing else is asked of them."""
    folder = tmp_path_factory.mktemp("few faces")
    for key, clip in clips.items():
        extract.run(ExtractConfig(footage=(clip,), faceset=folder / key, every=2))
    return folder / "source", folder / "target"


@pytest.fixture
def quick_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two faces of a person say how well they are usually drawn: enough where nothing is converted."""
    monkeypatch.setattr(usual_faces, "_FACES", 2)


@pytest.fixture
def one_thread() -> Generator[None]:
    """Threads of small networks wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def model(facesets: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "model"
    train.run(TrainConfig(facesets=facesets, model=folder, steps=6, batch=4))
    return folder
