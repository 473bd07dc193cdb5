"""How the colours of drawn faces are changed, track by track, a few frames late."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from understudy.compositing.colour.choice import best_method
from understudy.compositing.colour.colour_map import ColourMap
from understudy.compositing.colour.keyed import KeyedColour
from understudy.compositing.colour.sample import ColourSample
from understudy.workflows.choices import AUTO
from understudy.workflows.convert_keys import EVERY, Key

Track = tuple[str, int]  # who is replaced, and the number of the track
Samples = tuple[ColourSample | None, ColourSample | None]  # of the drawn face and of the target's
Sampled = tuple[Samples, Key]
_NOTHING: Samples = (None, None)
_GAP = Key(regular=False, unlike=False, sudden=False), Key(regular=True, unlike=False, sudden=False)


class Colours:
    """The change of colours of every face, from those of its track around it in time.

    With the method "auto" each person's first frames decide which one suits; it stays the same from then on.

    Attributes:
        delay: frames after a face at which its map is there at the latest.
    """

    def __init__(
        self,
        method: str,
        half_window: int,
        chosen: Mapping[str, str] | None = None,
        *,
        is_lit: bool = False,
    ) -> None:
        """Start without a track.

        Args:
            method: a key of `COLOUR_METHODS`, or "auto".
            half_window: keys before and after that count, see `convert_keys`.
            chosen: methods of people that were decided before.
            is_lit: whether faces take on the target's light afterwards.
        """
        self._is_lit = is_lit
        self._half, self._method = half_window, method
        self.delay = (half_window + 1) * EVERY - 1
        self._tracks: dict[Track, _Following] = {}
        self._chosen: dict[str, str] = dict(chosen or {})
        self._maps: dict[tuple[Track, int], ColourMap] = {}

    @property
    def chosen(self) -> Mapping[str, str]:
        """The method of each person who was replaced so far."""
        return self._chosen

    def is_choosing(self, track: Track) -> bool:
        """Whether it is still to be told which method suits a person: then every frame helps."""
        return self._method == AUTO and track[0] not in self._chosen

    def feed(self, number: int, samples: Mapping[Track, Sampled]) -> None:
        """Take in a frame.

        Args:
            number: of the frame, one more than that of the last one.
            samples: of the faces in it; only those of keys count, but for the choice of a method.
        """
        gap = _NOTHING, _GAP[number % EVERY == 0]
        for track in samples.keys() - self._tracks.keys():
            self._tracks[track] = _Following()
        for track, following in list(self._tracks.items()):
            following.numbers.append(number)
            if track in samples:
                following.last = number
                following.shown.add(number)
            self._take(track, self._fed(track, following, samples.get(track, gap)), following)
            if number - following.last >= self.delay:  # its last face has been given
                del self._tracks[track]

    def take(self, track: Track, number: int) -> ColourMap:
        """The map of a face; each can be taken once, at the earliest `delay` frames after it."""
        if (track, number) not in self._maps:  # the footage has ended
            following = self._tracks.pop(track)
            if following.colour is None:
                self._take(track, self._begun(track, following), following)
            assert following.colour is not None
            self._take(track, following.colour.finish(), following)
        return self._maps.pop((track, number))

    def _fed(self, track: Track, following: _Following, sampled: Sampled) -> list[ColourMap]:
        if following.colour is not None:
            return _feed(following.colour, sampled)
        following.early.append(sampled)
        keys = sum(key.is_of_colours for _, key in following.early)
        return self._begun(track, following) if keys > self._half else []

    def _begun(self, track: Track, following: _Following) -> list[ColourMap]:
        """What the first frames of a track give, once it is known how they are matched."""
        method = self._chosen.get(track[0])
        if method is None:
            pairs = [(ours, theirs) for (ours, theirs), _ in following.early if ours and theirs]
            method = None if self._method == AUTO else self._method
            if method is None and pairs:
                method = best_method(pairs, is_lit=self._is_lit)
            if method is not None:
                self._chosen[track[0]] = method
        following.colour = KeyedColour(method or "none", self._half)
        maps: list[ColourMap] = []
        for sampled in following.early:
            maps += _feed(following.colour, sampled)
        following.early.clear()
        return maps

    def _take(self, track: Track, maps: list[ColourMap], following: _Following) -> None:
        for colour_map in maps:
            number = following.numbers.popleft()
            if number in following.shown:  # nobody asks for the map of a gap
                following.shown.remove(number)
                self._maps[track, number] = colour_map


def _feed(colour: KeyedColour, sampled: Sampled) -> list[ColourMap]:
    samples, key = sampled
    return colour.feed(*samples, is_key=key.is_of_colours, sudden=key.sudden)


@dataclass(slots=True)
class _Following:
    """A track that has not ended.

    Args:
        numbers: of the frames whose maps are not there yet.
        shown: those of them that show it.
        last: number of the last frame that shows it.
        early: samples of its first frames, until it is known how they are matched.
        colour: makes its maps from then on.
    """

    numbers: deque[int] = field(default_factory=deque[int])
    shown: set[int] = field(default_factory=set[int])
    last: int = 0
    early: list[Sampled] = field(default_factory=list[Sampled])
    colour: KeyedColour | None = None
