"""What a model's index says of its training, and what its history's entries are called."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from understudy.core.files import peak_rss_mb
from understudy.training.model_index import ModelIndex
from understudy.training.outlook import outlook
from understudy.workflows.configs import TrainResult

# how the history's entries name an identity's figures, and the learning rate as a share of the peak
SSIM, MEAN_FACE, RATE = "ssim ", "mean face ", "rate"


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
        further_hour=further_hour(index),
    )


def mean_ssim(entry: Mapping[str, Any]) -> float:
    """Mean held-out SSIM of the identities in an entry of the history."""
    return float(np.mean([value for name, value in entry.items() if name.startswith(SSIM)]))


def course(index: ModelIndex) -> tuple[list[float], list[float]]:
    """Seconds trained and mean held-out SSIM of the last budget's validations.

    Of a run that ends by itself, those at the full rate: in its tail figures rise for another reason.
    """
    budget, full = index.budget, 0.99 * index.full_rate
    entries = [entry for entry in index.history if entry["step"] > budget.first_step]
    if budget.until_flat:
        entries = [entry for entry in entries if entry.get(RATE, full) >= full]
    return [float(entry["seconds"]) for entry in entries], [mean_ssim(entry) for entry in entries]


def further_hour(index: ModelIndex) -> dict[str, float] | None:
    """What a further hour is likely to bring; None where that cannot be told yet."""
    ahead = outlook(*course(index))
    return None if ahead is None else {"ssim_gain": ahead.gain, "uncertainty": ahead.uncertainty}


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
