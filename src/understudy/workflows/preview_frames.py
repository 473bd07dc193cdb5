"""Which frame of the footage is meant by a position or a time, and what is said where there is none."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

from understudy.core.errors import ConfigError, MediaError
from understudy.media.footage import image_files, open_footage
from understudy.media.probe import presentation_times


def position_of(target: Path, asked: int | float) -> int:
    """The position of a frame that is told by position (int) or by seconds since the first one (float).

    Raises:
        ConfigError: there is no such frame, as far as that is known before all are read.
        MediaError: the footage cannot be read.
    """
    if asked < 0:
        raise ConfigError(f"--frame is {asked:g}", "frames are counted from 0, and so is time")
    if isinstance(asked, int):
        with open_footage(target) as footage:
            hint = footage.info.frames_hint
        # a container may be wrong about it, and to count takes a while
        if hint is not None and asked >= hint and (length := _length(target)) and asked >= length[0]:
            raise no_such_frame(target, asked)
        return asked
    with open_footage(target, start_s=Fraction(str(asked))) as footage:
        first = next(footage.partial(), None)
    if first is None:
        raise no_such_frame(target, asked)
    return first.index


def no_such_frame(target: Path, asked: int | float) -> ConfigError:
    """What is said of a frame beyond the end."""
    length = _length(target)
    said = f"{asked}" if isinstance(asked, int) else f"{asked:g} s"
    if length is None:
        return ConfigError(f"--frame {said} is beyond the end of {target}", "give an earlier one")
    count, last_s = length
    return ConfigError(
        f"--frame {said} is beyond the end of {target}: it has {count} frames, the last at {last_s:.2f} s",
        f"give a position from 0 to {count - 1}, or a time before that",
    )


def _length(target: Path) -> tuple[int, float] | None:
    """How many frames there are and when the last is shown, in seconds since the first; None if unknown."""
    with open_footage(target) as footage:
        info = footage.info
    if image_files(target):
        assert info.frames_hint is not None
        return info.frames_hint, (info.frames_hint - 1) / float(info.average_rate_hz or 1)
    with suppress(MediaError):
        times = presentation_times(info.path)
        if times:
            return len(times), float(times[-1] - times[0])
    return None
