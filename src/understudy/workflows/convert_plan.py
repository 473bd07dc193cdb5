"""Which stretches of footage several processes convert at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LEAST_FRAMES = 250  # of a stretch: a process takes a few seconds to start, and looks at 80 frames around it
# what it costs to decode a frame and pass it over, in conversions: a stretch can only be counted to
_PASSED_OVER = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Frames one after the other that one process makes.

    Args:
        first: the first frame; what is there of it already lies in a place of this name.
        next: the first that is still to be made.
        end: after the last; None for the end of the footage.
    """

    first: int
    next: int
    end: int | None


def most_stretches(frames: int) -> int:
    """Into how many stretches footage of so many frames may be cut."""
    return frames // LEAST_FRAMES


def planned(begun: int, made: Mapping[int, int], frames: int, count: int) -> list[Stretch]:
    """Share what is still to be made.

    Args:
        begun: frames before this one are there.
        made: of stretches that an earlier run has begun, the next frame by the first.
        frames: how many the footage has, as it says.
        count: how many stretches are wanted; there may be more, where gaps are left, or fewer.

    Returns:
        In order. The last has no end, as footage may be longer than it says.
    """
    firsts = sorted({begun, *made})
    all_gaps = [
        Stretch(first=first, next=made.get(first, first), end=end)
        for first, end in zip(firsts, [*firsts[1:], None], strict=True)
    ]
    gaps = [gap for gap in all_gaps if gap.end is None or gap.next < gap.end]
    pieces = [1] * len(gaps)
    lengths = [max(0, (frames if gap.end is None else gap.end) - gap.next) for gap in gaps]
    while sum(pieces) < count:
        longest = max(range(len(gaps)), key=lambda i: lengths[i] / pieces[i])
        if most_stretches(lengths[longest]) <= pieces[longest]:
            break
        pieces[longest] += 1
    return [
        each for gap, length, n in zip(gaps, lengths, pieces, strict=True) for each in _cut(gap, length, n)
    ]


def _cut(gap: Stretch, length: int, count: int) -> list[Stretch]:
    """A gap in pieces that are done at about the same time: a late one passes over more before it begins."""
    shares = [(1 - _PASSED_OVER) ** i for i in range(count)]
    cuts = [gap.next + round(length * sum(shares[:i]) / sum(shares)) for i in range(1, count)]
    ends = [*cuts, gap.end]
    later = [Stretch(first=cut, next=cut, end=end) for cut, end in zip(cuts, ends[1:], strict=True)]
    return [Stretch(first=gap.first, next=gap.next, end=ends[0]), *later]
