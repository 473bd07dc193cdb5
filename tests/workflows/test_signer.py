"""A certificate of the user's own signs all that a command writes, and is tried before long work."""

from __future__ import annotations

from pathlib import Path

import pytest

import understudy
from understudy.core.errors import ConfigError
from understudy.provenance.local_chain import make_chain
from understudy.workflows import swap, verify
from understudy.workflows.configs import SwapConfig
from understudy.workflows.verify_result import VerifyConfig

from .conftest import shortened


@pytest.fixture
def own(tmp_path: Path) -> dict[str, Path]:
    """A certificate that this machine does not know, and its key."""
    leaf, root, key = make_chain()
    (tmp_path / "cert.pem").write_bytes(leaf + root)
    (tmp_path / "key.pem").write_bytes(key)
    return {"cert": tmp_path / "cert.pem", "key": tmp_path / "key.pem"}


def is_own(path: Path) -> bool:
    """Whether somebody signed a file whom this machine does not know, and nothing was changed since."""
    result = verify.run(VerifyConfig(file=path))
    assert result.verdict == "intact", path
    assert result.signed_by is not None
    return not result.signed_by.is_trusted


def test_pictures_and_pages_are_signed_with_it(
    own: dict[str, Path], facesets: tuple[Path, Path], model: Path, tmp_path: Path
) -> None:
    target = shortened("A_testA", tmp_path / "target.mp4", 24)
    trained = understudy.train(facesets, tmp_path / "model", steps=1, batch=4, **own)
    understudy.convert(target, model, tmp_path / "out.mp4")
    more = {"report": tmp_path / "r.html", "worst": tmp_path / "worst"}
    understudy.evaluate(tmp_path / "out.mp4", target, source=facesets[0], **more, **own)
    outputs = [tmp_path / "out.mp4", tmp_path / "out.mp4"]
    understudy.compare(outputs, target, report=tmp_path / "c.html", **own)
    written = [
        *trained.previews,
        *(tmp_path / "worst").glob("*.jpg"),
        tmp_path / "r.html",
        tmp_path / "c.html",
    ]
    assert len(written) >= 4
    assert {path.name for path in written if not is_own(path)} == set()
    assert not is_own(tmp_path / "out.mp4")


def test_the_training_of_a_swap_is_given_it(own: dict[str, Path], tmp_path: Path) -> None:
    config = SwapConfig(source=(Path("s"),), target=Path("t"), out=tmp_path / "o.mp4", **own)
    training = swap._train_config(config, tmp_path)
    assert {"cert": training.cert, "key": training.key} == own


@pytest.mark.parametrize("command", ["train", "evaluate", "compare"])
def test_one_that_will_not_do_is_told_first(
    command: str, own: dict[str, Path], clips: dict[str, Path], facesets: tuple[Path, Path], tmp_path: Path
) -> None:
    video, model = clips["target"], tmp_path / "model"
    calls = {
        "train": lambda **given: understudy.train(facesets, model, steps=10**9, **given),
        "evaluate": lambda **given: understudy.evaluate(video, video, **given),
        "compare": lambda **given: understudy.compare([video, video], video, **given),
    }
    with pytest.raises(ConfigError, match="without --key"):
        calls[command](cert=own["cert"])
    with pytest.raises(ConfigError, match="no certificate"):
        calls[command](cert=own["key"], key=own["key"])
    assert not model.exists()
