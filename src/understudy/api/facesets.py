"""Make facesets: of footage, or of other programs' faces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from understudy.api.paths import AnyPath, OneOrMorePaths, all_paths, maybe_path
from understudy.core.events import OnEvent, ignore
from understudy.workflows.configs import ExtractConfig, ExtractResult

if TYPE_CHECKING:
    from understudy.workflows.import_result import ImportResult


def extract(
    footage: OneOrMorePaths,
    faceset: AnyPath,
    *,
    identity: str | None = None,
    every: int = 1,
    from_s: float | None = None,
    to_s: float | None = None,
    people: str = "largest",
    only: AnyPath | None = None,
    on_event: OnEvent = ignore,
) -> ExtractResult:
    """Find a person's faces in footage and keep them as a faceset.

    Args:
        footage: videos, images, folders of images, or patterns such as `clips/**/*.mp4`.
        faceset: folder to write; an unfinished one is continued.
        identity: the person's name; the faceset folder's name where None.
        every: look at one frame in so many.
        from_s: leave out what comes before this time in each piece of footage, seconds.
        to_s: leave out what comes from this time on, seconds.
        people: "largest" keeps who is seen most, "all" gives each a faceset of their own below `faceset`.
        only: picture or faceset of the person to keep instead of who is seen most.
        on_event: hears of progress and warnings.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import extract as workflow

    config = ExtractConfig(
        footage=all_paths(footage),
        faceset=Path(faceset),
        identity=identity,
        every=every,
        from_s=from_s,
        to_s=to_s,
        people=people,
        only=maybe_path(only),
    )
    return workflow.run(config, on_event)


def import_faces(
    faces: AnyPath,
    faceset: AnyPath,
    *,
    identity: str | None = None,
    alignments: AnyPath | None = None,
    frames: AnyPath | None = None,
    on_event: OnEvent = ignore,
) -> ImportResult:
    """Make a faceset of one of DeepFaceLab or faceswap, with its landmarks.

    Args:
        faces: folder of aligned faces, one of them, or an alignments file of faceswap (.fsa).
        faceset: folder to write; an unfinished one is continued.
        identity: the person's name; the faceset folder's name where None.
        alignments: alignments file whose landmarks count instead of those in faceswap's pictures.
        frames: video or folder of frames that the faces are from; crops are cut from it.
        on_event: hears of progress and warnings.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import import_faces as workflow
    from understudy.workflows.import_result import ImportConfig

    config = ImportConfig(
        faces=Path(faces),
        faceset=Path(faceset),
        identity=identity,
        alignments=maybe_path(alignments),
        frames=maybe_path(frames),
    )
    return workflow.run(config, on_event)
