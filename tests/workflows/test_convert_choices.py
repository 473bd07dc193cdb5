"""How a conversion may look, and what is said of what it cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import understudy
from understudy.compositing import blend
from understudy.compositing.colour import methods
from understudy.core.errors import ConfigError
from understudy.media import encoding
from understudy.media.reader import VideoReader
from understudy.workflows import choices, convert
from understudy.workflows.configs import ConvertConfig


def test_what_can_be_chosen_is_what_there_is() -> None:
    assert tuple(methods.COLOUR_METHODS) == choices.COLOURS
    assert tuple(blend.BLENDS) == choices.BLENDS
    assert tuple(encoding.CODECS) == choices.CODECS


def pixels(path: Path) -> np.ndarray:
    with VideoReader(path) as reader:
        return np.array([frame.image for frame in reader], np.int16)


@pytest.fixture(scope="module")
def plain(
    clips: dict[str, Path], model: Path, facesets: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("looks") / "plain.mp4"
    understudy.convert(clips["target"], model, out, faces=[facesets[1]], colour="lab")
    return out


@pytest.mark.parametrize(
    "look", [{"colour": "none"}, {"colour": "sliced"}, {"blend": "pyramid"}, {"blend": "poisson"}]
)
def test_every_way_looks_otherwise_inside_the_face_and_nowhere_else(
    look: dict[str, str], plain: Path, clips: dict[str, Path], model: Path, facesets: tuple[Path, Path],
    tmp_path: Path,
) -> None:  # fmt: skip
    out = tmp_path / "out.mp4"
    understudy.convert(clips["target"], model, out, faces=[facesets[1]], **({"colour": "lab"} | look))
    difference = np.abs(pixels(out) - pixels(plain)).mean(axis=(0, 3))
    assert difference[150:260, 150:240].mean() > 0.5
    assert difference[:40].mean() < 0.3


def test_strength_0_is_the_target(
    clips: dict[str, Path], model: Path, facesets: tuple[Path, Path], tmp_path: Path
) -> None:
    target = pixels(clips["target"])
    apart: list[float] = []
    for strength in (0.0, 0.5, 1.0):
        out = tmp_path / f"{strength}.mp4"
        understudy.convert(clips["target"], model, out, faces=[facesets[1]], strength=strength, crf=4)
        apart.append(float(np.abs(pixels(out) - target)[:, 150:260, 150:240].mean()))
    assert apart[0] < 1.5
    assert apart[1] == pytest.approx(apart[2] / 2, rel=0.25)


@pytest.mark.parametrize(
    ("look", "said"),
    [
        ({"colour": "labb"}, "no colour 'labb'"),
        ({"blend": "poison"}, "no blend 'poison'"),
        ({"strength": 1.5}, "strength is 1.5"),
    ],
)
def test_what_there_is_not_is_told_before_the_work(look: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        convert.run(ConvertConfig(target=tmp_path, model=tmp_path, out=tmp_path / "out.mp4", **look))
