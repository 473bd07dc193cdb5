"""The rendered actors: clips that come with the package, and their ground truth where it lies beside it."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from understudy.core.types import Frame
from understudy.media.reader import VideoReader

_SYNTHETIC = Path(__file__).parents[2] / "shared" / "synthetic"


def clip(name: str) -> Path:
    """A rendered clip, from the package or from the larger set; skips where it is in neither."""
    for folder in (Path(str(files("understudy"))) / "assets" / "demo", _SYNTHETIC / "clips"):
        if (path := folder / f"{name}.mp4").exists():
            return path
    pytest.skip(f"the rendered clip {name}.mp4 is not here")


def frames_of(name: str, stop: int, step: int = 1) -> list[Frame]:
    """Every `step`-th of the first `stop` frames."""
    with VideoReader(clip(name)) as reader:
        return [frame for frame in reader if frame.index < stop and frame.index % step == 0]


def curves(name: str, actor: str) -> dict[str, np.ndarray]:
    """What was rendered: name of the curve to its value in each frame; skips where it is not here."""
    path = _SYNTHETIC / "curves" / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the curves of {name} are not here")
    rows = json.loads(path.read_text())["per_actor"][actor]["frames"]
    return {key: np.array([row[key] for row in rows]) for key in ("yaw", "pitch", "roll", "tx", "ty", "tz")}


def exact_points(name: str, actor: str) -> tuple[np.ndarray, np.ndarray]:
    """(n, 488, 2) mesh points and (n, 2, 2) eyeballs (picture-left first) in pixels; skips where not here."""
    path = _SYNTHETIC / "points" / f"{name}.npz"
    if not path.exists():
        pytest.skip(f"the points of {name} are not here")
    with np.load(path) as stored:
        # there the centre of the top left pixel is (0.5, 0.5), and the actor's left eye comes first
        return stored[f"pts_{actor}"] / 32 - 0.5, stored[f"eyes_{actor}"][:, ::-1] / 32 - 0.5
