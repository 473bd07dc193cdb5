"""Which frame of footage is shown when, where what is said is longer or shorter than it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, takewhile
from pathlib import Path

import av

from understudy.core.prefetch import prefetch
from understudy.media.footage import open_footage, open_near
from understudy.media.info import VideoInfo
from understudy.media.partial import PartialFrame
from understudy.workflows.lipsync_config import Length
from understudy.workflows.threads import frames_ahead

_BEFORE = 2  # frames
_HELD_BYTES = 200_000_000  # of decoded frames while footage is played backwards
_HELD_FRAMES = 16, 400  # at least and at most


@dataclass(frozen=True, kw_only=True)
class PictureOrder:
    """The frames of an output.

    Args:
        numbers: which frame of the footage each is.
        pts: when each is shown, from 0, in units of the footage's time base.
        end_pts: when the last one ends.
        footage_pts: when each frame of the footage is shown there.
    """

    numbers: list[int]
    pts: list[int]
    end_pts: int
    footage_pts: list[int]


def picture_order(
    pts: Sequence[int], time_base: Fraction, usual: int, speech_s: float, length: Length
) -> PictureOrder:
    """Order frames so that the output is as long as asked.

    Footage that is too short is played forth and back: nothing jumps. Backwards each frame is shown as
    long as it is forwards.

    Args:
        pts: of the footage's frames, rising; at least one.
        time_base: seconds a unit.
        usual: how long a frame is shown, in units.
        speech_s: how long the speech is.
        length: see `LipsyncConfig`.
    """
    wanted = speech_s / float(time_base)
    count, step = len(pts), 1
    numbers, shown = [0], [0]
    while True:
        if not 0 <= numbers[-1] + step < count:
            if length != "pingpong":
                break
            step = -step
        number = numbers[-1] + step if count > 1 else 0
        time = shown[-1] + (abs(pts[number] - pts[numbers[-1]]) or usual)
        if length != "footage" and time >= wanted:
            break
        numbers.append(number)
        shown.append(time)
    end_pts = shown[-1] + usual
    return PictureOrder(numbers=numbers, pts=shown, end_pts=end_pts, footage_pts=list(pts))


def frames_in_order(path: Path, order: PictureOrder, first: int) -> Generator[tuple[int, PartialFrame]]:
    """Frames of footage as they are shown, each with its number there; index and pts are the output's.

    Args:
        path: the footage, as it was when its frames were counted.
        order: of them.
        first: of the output, from which on they are given.
    """
    with open_footage(path) as footage:
        info = footage.info
    at = first
    while at < len(order.numbers):
        end = at + 1
        step = _step(order.numbers, at)
        while end < len(order.numbers) and order.numbers[end] - order.numbers[end - 1] == step:
            end += 1
        most = len(order.numbers) if step > 0 else _held(info)
        end = min(end, at + most)
        run = order.numbers[at:end]
        decoded = _forwards(path, run) if step > 0 else _backwards(path, run, order.footage_pts)
        for number, frame in decoded:
            yield (
                number,
                PartialFrame(index=at, pts=order.pts[at], time_base=info.time_base, image=frame.image),
            )
            at += 1
        if at < end:  # the footage has become shorter
            return


def _step(numbers: Sequence[int], at: int) -> int:
    """1 where footage runs forwards from there on, -1 backwards."""
    return -1 if at + 1 < len(numbers) and numbers[at + 1] < numbers[at] else 1


def _forwards(path: Path, run: Sequence[int]) -> Generator[tuple[int, PartialFrame]]:
    """Frames of rising numbers."""
    with (
        open_footage(path) as footage,
        closing(prefetch(footage.partial(), depth=frames_ahead(footage.info))) as decoded,
    ):
        # images that cannot be read have an index and no number, so that all are counted
        yield from islice(enumerate(decoded), run[0], run[-1] + 1)


def _backwards(path: Path, run: Sequence[int], footage_pts: Sequence[int]) -> list[tuple[int, PartialFrame]]:
    """Frames of falling numbers: decoded from the last whole picture before them, known by their times."""
    numbers = {footage_pts[number]: number for number in run}
    # of interlaced frames, those before say what a frame is like
    with open_near(path, footage_pts[max(0, run[-1] - _BEFORE)]) as footage:
        near = takewhile(lambda frame: frame.pts <= footage_pts[run[0]], footage.partial())
        found = [(numbers[frame.pts], frame) for frame in near if frame.pts in numbers]
    if len(found) < len(run):  # times that are made up while it is read are others from there
        found = list(_forwards(path, run[::-1]))
    return found[::-1]


def _held(info: VideoInfo) -> int:
    """How many decoded frames may be held."""
    least, most = _HELD_FRAMES
    bits = av.VideoFormat(info.pixel_format).padded_bits_per_pixel
    return max(least, min(most, 8 * _HELD_BYTES // (bits * info.width_px * info.height_px)))
