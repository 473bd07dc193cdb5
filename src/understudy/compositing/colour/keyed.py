"""Colour matching along one track, fitted on some of its frames: light changes slowly, or jumps."""

from __future__ import annotations

from collections import deque

from understudy.compositing.colour.colour_map import ColourMap
from understudy.compositing.colour.sample import ColourSample
from understudy.compositing.colour.track import TrackColour


class KeyedColour:
    """Gives each frame of a track a map: the keys' own, see `TrackColour`, and what lies between them.

    Use a new one for each track.
    """

    def __init__(self, method: str, half_window: int = 2) -> None:
        """Start a track.

        Args:
            method: a key of `COLOUR_METHODS`.
            half_window: keys before and after that count. A map is given once so many are known after the
                next one.
        """
        self._colour = TrackColour(method, half_window)
        self._waiting: deque[tuple[bool, bool]] = deque()  # whether a frame is a key, and a sudden one
        self._last: ColourMap | None = None

    def feed(
        self, drawn: ColourSample | None, target: ColourSample | None, *, is_key: bool, sudden: bool = False
    ) -> list[ColourMap]:
        """Take in the next frame; the first must be a key.

        Args:
            drawn: sample of the drawn face, of a key; None where it tells nothing.
            target: sample of the target's face, with the same mask.
            is_key: whether it is one.
            sudden: whether light jumped before this key, so that the frames before it are like the last key.

        Returns:
            The maps that are ready, in the order of frames.
        """
        self._waiting.append((is_key, sudden))
        ready = self._colour.feed(drawn, target) if is_key else []
        return [each for at_key in ready for each in self._up_to(at_key)]

    def finish(self) -> list[ColourMap]:
        """The maps of the last frames; the track has ended."""
        maps = [each for at_key in self._colour.finish() for each in self._up_to(at_key)]
        maps += [self._last or ColourMap()] * len(self._waiting)
        self._waiting.clear()
        return maps

    def _up_to(self, at_key: ColourMap) -> list[ColourMap]:
        """The maps of the frames before a key, and its own."""
        between = 0
        while not self._waiting[0][0]:
            self._waiting.popleft()
            between += 1
        _, sudden = self._waiting.popleft()
        before = self._last or at_key
        shares = [0.0 if sudden else (i + 1) / (between + 1) for i in range(between)]
        self._last = at_key
        return [*(before.towards(at_key, share) for share in shares), at_key]
