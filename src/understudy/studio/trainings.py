"""Trainings of a production's models: one that learns takes new orders, else one is put into the queue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from understudy.studio.context import StudioContext
from understudy.studio.job_store import Job
from understudy.studio.order import said_of
from understudy.studio.swaps import queued
from understudy.workflows.swap_folders import SOURCE, TARGET, faceset_of, model_of
from understudy.workflows.training_orders import NotTrainedError, TrainingOrder, place_training_order

TRAINED_MINUTES = 3  # on chosen faces


def model_trained_by(context: StudioContext, job: Job) -> Path | None:
    """The model that a job's command trains; None where it trains none of faces."""
    if job.arguments[:1] == ["swap"]:
        return model_of(context.queue.folder_of(job))
    said = said_of(job.arguments, "model") if job.arguments[:1] == ["train"] else None
    return None if said is None else Path(said)


def changed(model: Path, order: TrainingOrder) -> bool:
    """Order something from a model's training; whether there is one.

    A swap's job runs before, while faces are looked for, and after that, while the video is drawn.
    """
    try:
        place_training_order(model, order)
    except NotTrainedError:
        return False
    return True


def train_on(context: StudioContext, swap: Path, focus: Path) -> dict[str, Any]:
    """Let a swap's model learn from the faces of a list.

    Returns:
        "job", the number of the one that learns from them, and "runs": whether that learns already.
    """
    model = model_of(swap)
    for job in context.queue.store.all():
        is_trained = job.state == "running" and model_trained_by(context, job) == model
        if is_trained and changed(model, TrainingOrder(focus=str(focus))):
            return {"job": job.id, "runs": True}
    return {"job": queued(context, "Train on chosen faces", training_command(swap, focus)), "runs": False}


def training_command(swap: Path, focus: Path) -> list[str]:
    """The arguments of the command that trains a swap's model on a list's faces."""
    source, target = (str(faceset_of(swap, role)) for role in (SOURCE, TARGET))
    options = [f"--model={model_of(swap)}", "--resume", f"--minutes={TRAINED_MINUTES}", f"--focus={focus}"]
    return ["train", source, target, *options]
