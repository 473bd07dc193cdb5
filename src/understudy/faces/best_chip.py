"""Which faces of a track get an identity vector: where it is sharpest and most frontal, now and then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from understudy.core.types import Image


@dataclass(slots=True, kw_only=True)
class ChosenFace:
    """The best face of a stretch of a track.

    Args:
        frame_index: where it is.
        position: what the caller calls the face.
        score: how good it is.
        chip: the picture that its identity vector is made from.
    """

    frame_index: int
    position: int
    score: float
    chip: Image


class BestChips:
    """Picks the best face of every so many frames of each track, and holds one small picture a track.

    A track's stretches start with its first face; what is picked depends on the track alone.
    """

    def __init__(self, stretch_frames: int) -> None:
        """Start with no tracks."""
        self._stretch_frames = stretch_frames
        self._first: dict[int, int] = {}
        self._best: dict[int, ChosenFace] = {}

    def offer(
        self, track: int, frame_index: int, position: int, score: float, chip: Callable[[], Image]
    ) -> ChosenFace | None:
        """Look at the next face of a track.

        Args:
            track: its number.
            frame_index: of its frame; rising along a track.
            position: what the caller calls the face.
            score: the higher the better.
            chip: makes its picture; asked only where it may be picked.

        Returns:
            The best face of the stretch that has ended before this one, None where none has.
        """
        ended = None
        if frame_index - self._first.setdefault(track, frame_index) >= self._stretch_frames:
            self._first[track] = frame_index
            ended = self._best.pop(track)
        best = self._best.get(track)
        if best is None or score > best.score:
            self._best[track] = ChosenFace(
                frame_index=frame_index, position=position, score=score, chip=chip()
            )
        return ended

    def rest(self) -> list[ChosenFace]:
        """The best faces of the stretches that have not ended, by track; starts anew."""
        chosen = [self._best[track] for track in sorted(self._best)]
        self._first.clear()
        self._best.clear()
        return chosen
