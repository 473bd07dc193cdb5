"""The rendered actors: clips that come with the package, and their ground truth where it lies beside it."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import numpy as np

from footage import beside
from understudy.core.types import Frame
from understudy.media.reader import VideoReader


def clip(name: str) -> Path:
    """A rendered clip, from the package or from the larger set beside it."""
    shipped = Path(str(files("understudy"))) / "assets" / "demo" / f"{name}.mp4"
    return shipped if shipped.exists() else beside(f"synthetic/clips/{name}.mp4")


def frames_of(name: str, stop: int, step: int = 1) -> list[Frame]:
    """Every `step`-th of the first `stop` frames."""
    with VideoReader(clip(name)) as reader:
        return [frame for frame in reader if frame.index < stop and frame.index % step == 0]


def curves(name: str, actor: str) -> dict[str, np.ndarray]:
    """What was rendered: name of the curve to its value in each frame."""
    rows = json.loads(beside(f"synthetic/curves/{name}.json").read_text())["per_actor"][actor]["frames"]
    return {key: np.array([row[key] for row in rows]) for key in ("yaw", "pitch", "roll", "tx", "ty", "tz")}


def units(name: str, actor: str, *keys: str) -> np.ndarray:
    """Sum of some expression units' weights in each frame, as rendered; or `gaze_x`, `gaze_y` in degrees."""
    rows = json.loads(beside(f"synthetic/curves/{name}.json").read_text())["per_actor"][actor]["frames"]
    return np.array([sum((row["units"] | row).get(key, 0.0) for key in keys) for row in rows])


def exact_points(name: str, actor: str) -> tuple[np.ndarray, np.ndarray]:
    """(n, 488, 2) mesh points and (n, 2, 2) eyeballs (picture-left first) in pixels."""
    with np.load(beside(f"synthetic/points/{name}.npz")) as stored:
        # there the centre of the top left pixel is (0.5, 0.5), and the actor's left eye comes first
        return stored[f"pts_{actor}"] / 32 - 0.5, stored[f"eyes_{actor}"][:, ::-1] / 32 - 0.5
