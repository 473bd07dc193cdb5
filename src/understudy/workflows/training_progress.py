"""How far training is, as an event."""

from __future__ import annotations

from understudy.core.events import Progress
from understudy.training.model_index import ModelIndex
from understudy.workflows.training_result import mean_ssim


def progress_of(index: ModelIndex, steps_per_s: float) -> Progress:
    """How much of the budget is done, with what is worth seeing while it trains.

    Args:
        index: of the model as it is trained.
        steps_per_s: how fast.
    """
    budget = index.budget
    by_time = budget.steps is None
    done = budget.spent_s if by_time else index.step - budget.first_step
    total = budget.seconds if by_time else budget.steps
    figures = {"step": index.step, "loss": index.loss.smoothed, "steps a second": steps_per_s}
    if index.history:
        figures["held-out SSIM"] = mean_ssim(index.history[-1])
    if total is not None:
        left = max(0.0, total - done)
        figures["s left"] = left if by_time else left / steps_per_s
    return Progress(
        stage="train",
        done=done if total is None else min(done, total),
        total=total,
        unit="s" if by_time else "steps",
        figures=figures,
    )
