"""Which frames of footage extraction looks at, and how a faceset remembers that."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from understudy.core.errors import ConfigError
from understudy.core.picture import AnyFrame
from understudy.faces.faceset import Faceset
from understudy.media.info import VideoInfo

_NOTE = "frames"  # key in the faceset: all that it holds was chosen alike
_FIRST = "first_frame_{}"  # key, with the id of a source: index of the first frame of the range


@dataclass(frozen=True, kw_only=True)
class FrameChoice:
    """One frame in so many, from a time to another, in each piece of footage.

    Args:
        every: one frame in so many, by position in the footage.
        from_s: time since the first frame; a frame shown at exactly this time is in.
        to_s: the same; a frame shown at exactly this time is out; None for the end.
    """

    every: int = 1
    from_s: Fraction = Fraction(0)
    to_s: Fraction | None = None

    @classmethod
    def checked(cls, every: int, from_s: float | None, to_s: float | None) -> Self:
        """Make one of plain numbers, which are taken as they are written: 0.04 is 1/25.

        Raises:
            ConfigError: no frame can be chosen so.
        """
        if every < 1:
            raise ConfigError(f"every is {every}", "give 1 for all frames, 2 for every second, ...")
        try:
            start = Fraction(0) if from_s is None else Fraction(str(from_s))
            stop = None if to_s is None else Fraction(str(to_s))
        except ValueError as error:
            raise ConfigError(f"{from_s} to {to_s} is no range of time", "give seconds") from error
        if start < 0:
            raise ConfigError(f"from is {from_s} s", "times count from the first frame: give 0 or more")
        if stop is not None and stop <= start:
            raise ConfigError(f"to ({to_s} s) is not after from ({float(start):g} s)", "give a later time")
        return cls(every=every, from_s=start, to_s=stop)

    def check_reaches(self, infos: Iterable[VideoInfo]) -> None:
        """Refuse a range that begins after the end of all footage.

        Raises:
            ConfigError: so it is, as far as the containers say.
        """
        end_s = _end_s(infos)
        if end_s is not None and self.from_s >= end_s:
            raise ConfigError(
                f"from is {float(self.from_s):g} s, but the footage ends at {float(end_s):.2f} s",
                "give an earlier time",
            )

    def doubts(self, infos: Iterable[VideoInfo]) -> list[str]:
        """What looks like a slip: a range that ends after the end of all footage, as far as that is known."""
        end_s = _end_s(infos)
        if end_s is None or self.to_s is None or self.to_s <= end_s:
            return []
        return [
            f"to is {float(self.to_s):g} s, but the footage ends at {float(end_s):.2f} s: all up to there "
            "is looked at"
        ]

    def remember(self, faceset: Faceset) -> None:
        """Note the choice in the faceset; one that holds frames chosen otherwise is left alone.

        A faceset of before choices were noted is taken for one of this choice.

        Raises:
            ConfigError: the faceset holds frames chosen otherwise.
        """
        here = faceset.meta.get(_NOTE)
        is_empty = all(source.state.next_frame == 0 for source in faceset.sources())
        if here is not None and here != self._note and not is_empty:
            raise ConfigError(
                f"{faceset.folder} was made with {_options(here)}, not with {_options(self._note)}",
                "give the same as before, or choose another folder",
            )
        if here != self._note:
            faceset.note(_NOTE, self._note)

    def of(self, frames: Iterable[AnyFrame], info: VideoInfo) -> Iterator[AnyFrame]:
        """The chosen ones of frames that begin no earlier than `from_s`."""

        def is_before_end(frame: AnyFrame) -> bool:
            return self.to_s is None or (frame.pts - info.start_pts) * info.time_base < self.to_s

        within = itertools.takewhile(is_before_end, frames)
        return (frame for frame in within if frame.index % self.every == 0)

    def note_first(self, faceset: Faceset, source_id: int, index: int) -> None:
        """Note the first frame of a source that was looked at, for `looked_at`."""
        if self.from_s > 0:
            faceset.note(_FIRST.format(source_id), str(index))

    def looked_at(self, faceset: Faceset, source_id: int, next_frame: int) -> int:
        """How many frames of a source before `next_frame` were looked at."""
        first = int(faceset.meta.get(_FIRST.format(source_id), 0))
        return self._multiples(first, next_frame)

    def expected(self, info: VideoInfo) -> int | None:
        """How many frames of a piece of footage are chosen, as the container says; None where it does not."""
        total, rate_hz = info.frames_hint, info.average_rate_hz
        if total is None or (rate_hz is None and (self.from_s > 0 or self.to_s is not None)):
            return None
        first, end = 0, total
        if rate_hz is not None:
            first = math.ceil(self.from_s * rate_hz)
            end = total if self.to_s is None else min(total, math.ceil(self.to_s * rate_hz))
        return self._multiples(first, end)

    def _multiples(self, first: int, end: int) -> int:
        """How many positions from `first` to before `end` are looked at."""
        return max(0, -(-end // self.every) - -(-first // self.every))

    @classmethod
    def is_of_all(cls, faceset: Faceset) -> bool:
        """Whether every frame of its footage was looked at for a faceset."""
        return faceset.meta.get(_NOTE) in (None, cls()._note)

    @property
    def _note(self) -> str:
        stop = None if self.to_s is None else str(self.to_s)
        return json.dumps({"every": self.every, "from": str(self.from_s), "to": stop})


def _end_s(infos: Iterable[VideoInfo]) -> Fraction | None:
    """Where the longest piece of footage ends; None where that is not known of one."""
    lengths = [info.duration_s for info in infos]
    known = [length for length in lengths if length is not None]
    return max(known) if known and len(known) == len(lengths) else None


def _options(note: str) -> str:
    """The options that make a choice, as they are typed."""
    stored = json.loads(note)
    options = [f"--every {stored['every']}"]
    if Fraction(stored["from"]):
        options.append(f"--from {float(Fraction(stored['from'])):g}")
    if stored["to"] is not None:
        options.append(f"--to {float(Fraction(stored['to'])):g}")
    return " ".join(options)
