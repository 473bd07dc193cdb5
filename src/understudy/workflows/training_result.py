"""What a model's index says of its training, and what its history's entries are called."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from understudy.core.files import peak_rss_mb
from understudy.training.model_index import ModelIndex
from understudy.workflows.configs import TrainResult

SSIM, MEAN_FACE = "ssim ", "mean face "  # how the history's entries name an identity's figures


def result_of(folder: Path, index: ModelIndex) -> TrainResult:
    """What a saved model says of its training."""
    latest = index.history[-1] if index.history else {}
    names = [entry.name for entry in index.identities]

    def figures(kind: str) -> dict[str, float]:
        return {name: float(latest[kind + name]) for name in names if kind + name in latest}

    return TrainResult(
        model=folder,
        steps=index.step,
        seconds=index.seconds,
        steps_per_s=index.step / max(index.seconds, 1e-9),
        validation={"ssim_in_mask": figures(SSIM), "mean_face_ssim_in_mask": figures(MEAN_FACE)},
        history=list(index.history),
        previews=sorted(previews_of(folder).glob("step_*.jpg")),
        peak_rss_mb=peak_rss_mb(),
        interrupted=False,
        warnings=[],
        best_step=index.best.step if index.best else None,
    )


def versions() -> dict[str, str]:
    """Of what a model is made with."""
    return {
        "understudy": version("understudy"),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def previews_of(folder: Path) -> Path:
    """Where a model's previews lie."""
    return folder / "previews"
