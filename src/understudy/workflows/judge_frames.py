"""A finished swap, judged frame by frame."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from understudy.core.errors import UnderstudyError
from understudy.core.events import Notice, OnEvent, Progress, ignore
from understudy.core.types import Vector
from understudy.faces.choose import TargetChooser
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import Embedder, Identifier
from understudy.measure.frame_quality import FrameJudge, FrameQuality, JudgePace, SwappedFrame
from understudy.measure.worst import scored
from understudy.training.model_folder import find_generation
from understudy.workflows.first_checks import check_readable
from understudy.workflows.paired_footage import Finder, PairedFootage, PairedFrame
from understudy.workflows.threads import single_threaded_opencv

# of finished footage every face is found anyway, and nobody waits for the next frame
PACE = JudgePace(seam_every=1, expression_every=1, identity_every=8)


@dataclass(frozen=True, kw_only=True)
class JudgeConfig:
    """What is judged.

    Args:
        target: footage that was changed.
        output: what was made of it.
        model: folder of the model that made it; it says who is source and who is target, without it no
            identity is measured and the target's largest face is followed.
        source: name of the identity put in; the model's first where None.
        target_identity: name of the identity replaced; the model's second where None.
    """

    target: Path
    output: Path
    model: Path | None = None
    source: str | None = None
    target_identity: str | None = None


def run(
    config: JudgeConfig,
    on_event: OnEvent = ignore,
    *,
    pace: JudgePace = PACE,
    new_finder: Callable[[], Finder] | None = None,
    embedder: Embedder | None = None,
) -> list[FrameQuality]:
    """Judge every frame in which the target shows the face.

    Args:
        config: what is judged.
        on_event: hears of progress and warnings.
        pace: how often figures are taken.
        new_finder: makes another finder of faces; each piece of footage gets its own.
        embedder: another way to tell people apart.

    Returns:
        The frames in order, scored; `worst_list.write_worst` stores the worst of them.

    Raises:
        MediaError: footage cannot be read.
        ModelError: the model cannot be read.
        UnderstudyError: output and target differ in size, or the model has no such identity.
    """
    check_readable((config.output, config.target))
    source = target = None
    if config.model is not None:
        source, target = _people(config, config.model)
    embedder = embedder or Identifier(on_event)
    judge = FrameJudge(embedder=embedder, source=source, pace=pace)
    chooser = TargetChooser(target, embedder=embedder)
    footage = PairedFootage(config.output, config.target, None, told_apart=target is not None)
    finders = new_finder or (lambda: FaceFinder(on_event=on_event))
    with single_threaded_opencv(), closing(footage.read(finders, chooser)) as pairs:
        for pair in pairs:
            judge_pair(judge, pair)
            total = max(pair.total, pair.index + 1) if pair.total else None
            on_event(Progress(stage="judge", done=pair.index + 1, total=total, unit="frames"))
    for message in footage.warnings:
        on_event(Notice(message=message))
    return scored(judge.finish())


def judge_pair(judge: FrameJudge, pair: PairedFrame) -> None:
    """Show a judge one frame of target and output; one without the target's face is passed over."""
    moment = pair.moment
    if moment.target_face is not None:
        judge.add(
            SwappedFrame(
                frame_index=pair.index,
                time_s=pair.time_s,
                target=moment.target,
                output=moment.output,
                face=moment.target_face,
                output_face=moment.output_face,
            )
        )


def _people(config: JudgeConfig, model: Path) -> tuple[Vector | None, Vector | None]:
    """Mean identity vectors of source and target, None where the model knows none."""
    entries = {entry.name: entry.mean_identity for entry in find_generation(model).index.identities}
    source = config.source or next(iter(entries))
    target = config.target_identity or next((name for name in entries if name != source), source)
    for name in (source, target):
        if name not in entries:
            raise UnderstudyError(f"{model} has no identity {name!r}", f"it has {', '.join(entries)}")
    vectors = [entries[name] for name in (source, target)]
    one, other = (None if vector is None else np.array(vector, np.float32) for vector in vectors)
    return one, other
