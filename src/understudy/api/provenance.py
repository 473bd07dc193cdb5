"""What a file says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from understudy.api.paths import AnyPath
from understudy.core.events import OnEvent, ignore

if TYPE_CHECKING:
    from understudy.workflows.verify_result import VerifyResult


def verify(file: AnyPath, *, watermark: bool = False, on_event: OnEvent = ignore) -> VerifyResult:
    """Say what made a file, with whose consent, and whether it was changed since.

    Works on any file, and fetches nothing from the network, but for the weights of the networks that find
    faces where a watermark is looked for the first time.

    Args:
        file: a picture, a video or sound; or numbered images, as a folder or a pattern.
        watermark: look at its faces for an invisible mark, too; takes seconds to a minute of a video.
        on_event: hears of progress while a watermark is looked for.

    Raises:
        UnderstudyError: there is no such file, or it cannot be read.
    """
    from understudy.workflows import verify as workflow
    from understudy.workflows.verify_result import VerifyConfig

    return workflow.run(VerifyConfig(file=Path(file), watermark=watermark), on_event)
