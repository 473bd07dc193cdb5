"""An animator, learnt from clips."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from understudy.api.paths import AnyPath, OneOrMorePaths, all_paths
from understudy.core.events import OnEvent, ignore

if TYPE_CHECKING:
    from understudy.workflows.train_animator import TrainAnimatorResult


def train_animator(
    clips: OneOrMorePaths,
    out: AnyPath,
    *,
    hold_out: OneOrMorePaths = (),
    minutes: float | None = None,
    steps: int | None = None,
    photos: int = 2,
    frames: int = 40,
    batch: int | None = None,
    seed: int = 0,
    device: str = "auto",
    resume: bool = False,
    on_event: OnEvent = ignore,
) -> TrainAnimatorResult:
    """Train an animator, which mends what `animate` bends of a photo; experimental.

    Args:
        clips: footage of people who move, a file a person, named after them; none that took a consent back.
        out: folder to write: weights, `animator.json`, and what is needed to go on.
        hold_out: footage of other people, who are only measured on.
        minutes: wall time to train for.
        steps: training steps instead of minutes; 3000 where neither is given.
        photos: frames of a clip that are taken for photos.
        frames: of a clip, that each photo is moved to.
        batch: pairs a step; as the device has room for where None.
        seed: of every random choice.
        device: "auto", "cpu", "cuda", "cuda:1".
        resume: go on with what lies in the folder; give no clips then.
        on_event: hears of progress, warnings and what is written.

    Returns:
        What was learnt from, and how well the held-out people are drawn, beside the warp.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import train_animator as workflow

    config = workflow.TrainAnimatorConfig(
        clips=all_paths(clips),
        out=Path(out),
        hold_out=all_paths(hold_out),
        minutes=minutes,
        steps=steps,
        photos=photos,
        frames=frames,
        batch=batch,
        seed=seed,
        device=device,
        resume=resume,
    )
    return workflow.run(config, on_event)
