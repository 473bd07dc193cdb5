"""What can be seen of a training from outside, while another process trains: curves, pictures, figures."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from understudy.core.bounded import parse_json, read_bounded
from understudy.training.outlook import outlook

_PREVIEW = re.compile(r"step_(\d{1,15})\.jpg")
INDEXES = ("model.json", "model.previous.json")  # the second while the first is exchanged
_MOST_BYTES = 64 << 20
_SSIM, _MEAN_FACE = "ssim ", "mean face "  # as of `training_result`, which imports torch


@dataclass(frozen=True, kw_only=True)
class HeldOutPoint:
    """One look at held-out faces.

    Args:
        step: of the model.
        seconds: trained until then.
        loss: smoothed.
        ssim: of each identity, inside the face mask.
    """

    step: int
    seconds: float
    loss: float
    ssim: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class TrainingLook:
    """What is known of a training.

    Args:
        preset: architecture, None before the first save.
        identities: names, in the order of the decoders.
        step: of the last save.
        seconds: trained until the last save.
        history: one entry a validation.
        mean_face: SSIM of each identity's mean face, which a network that learns nothing would reach.
        best_step: whose weights are kept beside, None before the first validation.
        further_hour: {ssim_gain, uncertainty} of an hour more; None where that cannot be told yet.
        previews: steps of which there is a picture, rising; newer than the last save, too.
        rate: of the learning rate, as it was changed while it trained.
        paused: whether it waits to be told to go on.
        finishing: whether it was told to end, or ends by itself.
        finished: whether the time that it was given is used up.
        changes: {step, seconds, what, said} of settings that were changed while it trained.
    """

    preset: str | None = None
    identities: list[str] = field(default_factory=list[str])
    step: int = 0
    seconds: float = 0.0
    history: list[HeldOutPoint] = field(default_factory=list[HeldOutPoint])
    mean_face: dict[str, float] = field(default_factory=dict[str, float])
    best_step: int | None = None
    further_hour: dict[str, float] | None = None
    previews: list[int] = field(default_factory=list[int])
    rate: float = 1.0
    paused: bool = False
    finishing: bool = False
    finished: bool = False
    changes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def look(model: Path) -> TrainingLook:
    """Look at a model's folder; what is not there yet, or is damaged, is empty.

    Neither weights are read nor torch is loaded, so that it may be asked every second.
    """
    previews = _steps(model / "previews")
    try:
        return _look(_index(model), previews)
    # no index of ours: `train` says what is wrong with it
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        return TrainingLook(previews=previews)


def look_stamp(model: Path) -> object:
    """What changes whenever `look` has something else to say, and costs no reading."""
    stamps: list[tuple[int, int] | None] = []
    for path in (*(model / name for name in INDEXES), model / "previews"):
        try:
            found = path.stat()
        except OSError:
            stamps.append(None)
        else:
            stamps.append((found.st_mtime_ns, found.st_size))
    return tuple(stamps)


def preview_path(model: Path, step: int) -> Path:
    """The picture of a step; it need not exist."""
    return model / "previews" / f"step_{step:07d}.jpg"


def _steps(folder: Path) -> list[int]:
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return []
    return sorted(int(match[1]) for name in names if (match := _PREVIEW.fullmatch(name)))


def _index(model: Path) -> dict[str, Any]:
    """What the index says, read here as `training.model_index` brings torch."""
    for name in INDEXES:
        try:
            content = parse_json(read_bounded(model / name, _MOST_BYTES))
        except (OSError, ValueError):
            continue
        if isinstance(content, dict):
            return cast("dict[str, Any]", content)
    return {}


def _look(index: dict[str, Any], previews: list[int]) -> TrainingLook:
    names = [str(entry["name"]) for entry in index.get("identities", ())]
    history: list[dict[str, Any]] = index.get("history", [])
    latest = history[-1] if history else {}
    best, budget = index.get("best"), index.get("budget", {})
    points = [_point(entry, names) for entry in history]
    return TrainingLook(
        preset=index.get("preset"),
        identities=names,
        step=int(index.get("step", 0)),
        seconds=_number(index.get("seconds", 0.0)),
        history=points,
        mean_face={name: _number(latest[_MEAN_FACE + name]) for name in names if _MEAN_FACE + name in latest},
        best_step=int(best["step"]) if best else None,
        further_hour=_further_hour(index, points),
        previews=previews,
        rate=_number(budget.get("rate", 1.0)),
        paused=bool(budget.get("paused")),
        finishing=budget.get("tail_from") is not None,
        finished=bool(budget.get("finished")),
        changes=[_change(entry) for entry in index.get("changes", ())],
    )


def _change(entry: dict[str, Any]) -> dict[str, Any]:
    said = {name: str(entry[name]) for name in ("what", "said")}
    return {"step": int(entry["step"]), "seconds": _number(entry["seconds"]), **said}


def _further_hour(index: dict[str, Any], points: list[HeldOutPoint]) -> dict[str, float] | None:
    """As `training_result` says it; nothing of a run that ends by itself, as its rate falls at the end."""
    budget = index.get("budget", {})
    if budget.get("until_flat"):
        return None
    seen = [point for point in points if point.ssim and point.step > int(budget.get("first_step", 0))]
    means = [sum(point.ssim.values()) / len(point.ssim) for point in seen]
    ahead = outlook([point.seconds for point in seen], means)
    return None if ahead is None else {"ssim_gain": ahead.gain, "uncertainty": ahead.uncertainty}


def _point(entry: dict[str, Any], names: list[str]) -> HeldOutPoint:
    return HeldOutPoint(
        step=int(entry.get("step", 0)),
        seconds=_number(entry.get("seconds", 0.0)),
        loss=_number(entry.get("loss", 0.0)),
        ssim={name: _number(entry[_SSIM + name]) for name in names if _SSIM + name in entry},
    )


def _number(value: object) -> float:
    number = float(cast("float", value))
    if not math.isfinite(number):
        raise ValueError("it is no number")
    return number
