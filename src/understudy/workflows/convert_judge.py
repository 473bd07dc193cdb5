"""Converted frames judged while they are made: the target's pixels are kept until the output's are there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from understudy.core.events import OnEvent
from understudy.core.types import Image
from understudy.faces.face import Face
from understudy.faces.finder import load_landmarker
from understudy.faces.identify import Identifier
from understudy.measure.frame_quality import FrameJudge, FrameQuality, JudgePace, SwappedFrame, window_of
from understudy.training.model_index import ModelIndex
from understudy.workflows.composed import Composed
from understudy.workflows.convert_cast import Cast, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A face before it is replaced, and the (h, w, 3) RGB uint8 window around it."""

    target: str
    face: Face
    box: tuple[int, int, int, int]
    before: Image


class Judging:
    """Judges the faces of a conversion, everybody's on their own.

    Pass frames through `before` on their way into the conversion, and through `after` on their way out.
    """

    def __init__(
        self, roles: Sequence[Role], index: ModelIndex, on_event: OnEvent, pace: JudgePace | None = None
    ) -> None:
        """Load the networks.

        Args:
            roles: who is replaced.
            index: of the model, which knows what those put in look like.
            on_event: hears of weights that are fetched.
            pace: how often figures are taken; as suits a conversion where None.

        Raises:
            WeightsError: the networks' weights cannot be had.
        """
        landmarker, embedder = load_landmarker(on_event), Identifier(on_event)
        known = {entry.name: entry.mean_identity for entry in index.identities}
        self._judges: dict[str, FrameJudge] = {}
        for role in roles:
            mean = known[role.source]
            source = None if mean is None else np.array(mean, np.float32)
            self._judges[role.target] = FrameJudge(
                landmarker=landmarker, embedder=embedder, source=source, pace=pace
            )
        self._waiting: deque[list[_Seen]] = deque()

    def before(self, frames: Iterable[Cast]) -> Iterator[Cast]:
        """Pass frames through that are to be changed."""
        for frame, parts in frames:
            seen: dict[str, _Seen] = {}
            for part in parts:
                box = window_of(part.face, frame.image.width_px, frame.image.height_px)
                name = part.role.target
                if name not in seen:  # of a person seen twice, in a mirror, the larger face
                    seen[name] = _Seen(target=name, face=part.face, box=box, before=frame.image.part(*box))
            self._waiting.append(list(seen.values()))
            yield frame, parts

    def after(self, frames: Iterable[Composed]) -> Iterator[Composed]:
        """Pass the same frames through, changed, in the same order."""
        for composed in frames:
            frame = composed.frame
            for seen in self._waiting.popleft():
                self._judges[seen.target].add(
                    SwappedFrame(
                        frame_index=frame.index,
                        time_s=frame.time_s,
                        target=seen.before,
                        output=frame.image.part(*seen.box),
                        face=seen.face,
                        origin_px=seen.box[:2],
                    )
                )
            yield composed

    def qualities(self, begun: int = 0) -> list[FrameQuality]:
        """What is known of the frames from one on, everybody's."""
        known = [one for judge in self._judges.values() for one in judge.finish()]
        return [one for one in known if one.frame_index >= begun]

    @staticmethod
    def told(begun: int) -> list[str]:
        """What is to be said where an earlier run has made so many frames."""
        if not begun:
            return []
        return [
            f"{begun} frames, which an earlier run has made, were not judged: `understudy evaluate "
            "--worst` judges all"
        ]
