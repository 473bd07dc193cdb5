"""Read what a face does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from understudy.api.paths import AnyPath, maybe_path
from understudy.core.events import OnEvent, ignore

if TYPE_CHECKING:
    from understudy.workflows.expression import ReadExpressionResult


def read_expression(
    footage: AnyPath,
    out: AnyPath,
    *,
    plot: AnyPath | None = None,
    person: int = 1,
    smooth_s: float = 0.04,
    on_event: OnEvent = ignore,
) -> ReadExpressionResult:
    """Write what somebody's face does in footage as named curves, to be edited and given to another face.

    Args:
        footage: a video, a picture, a folder of pictures, or a faceset.
        out: JSON file to write.
        plot: PNG of the curves to write; none where None.
        person: whose face, by how often they are seen: 1 is who is seen most.
        smooth_s: seconds over which curves are steadied, before and after alike; 0 leaves them as they are.
        on_event: hears of progress, warnings and what is written.

    Returns:
        How much was read, and the largest value of each coefficient.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import expression as workflow

    config = workflow.ReadExpressionConfig(
        footage=Path(footage), out=Path(out), plot=maybe_path(plot), person=person, smooth_s=smooth_s
    )
    return workflow.run(config, on_event)
