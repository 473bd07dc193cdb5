"""Whose expression a face is given: read from footage or from a file, a frame for each of the output."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from understudy.core.errors import MediaError
from understudy.core.events import OnEvent
from understudy.expression.file import read_expression
from understudy.expression.performance import Performance
from understudy.expression.read import read_clip
from understudy.media.colour import BT709, LIMITED_RANGE, ColourTags
from understudy.media.footage import image_files, open_footage
from understudy.media.info import VideoInfo
from understudy.workflows.expression import clip_of, doubts_about
from understudy.workflows.expression_faces import faces_of_footage

FILE_SUFFIX = ".json"
_TICKS = Fraction(1, 90_000)  # of files, whose times are decimals: the usual rates are whole numbers of it
_COLOUR = ColourTags(matrix=BT709, primaries=BT709, transfer=BT709, range=LIMITED_RANGE)
_FAR_DEG = 35.0  # of yaw: beyond it a single photo does not show enough


def doubts_about_turn(what: str, farthest_deg: float) -> list[str]:
    """What the user should know where a photo's head is to turn by so much."""
    if farthest_deg <= _FAR_DEG:
        return []
    return [
        f"{what} turns by up to {farthest_deg:.0f} degrees: what comes into sight beyond {_FAR_DEG:.0f} "
        "is not in a single photo"
    ]


@dataclass(frozen=True, kw_only=True)
class DrivingSource:
    """What drives, before its faces are looked for.

    Args:
        path: of it.
        like: a video of the same times and sound, of no size yet.
        filed: what a file says, where it is one, and its times in units of `like.time_base`.
    """

    path: Path
    like: VideoInfo
    filed: tuple[Performance, list[int]] | None = None

    @classmethod
    def of(cls, path: Path) -> DrivingSource:
        """Open footage, or a file that `expression read` wrote.

        Raises:
            MediaError: it cannot be read.
            UnderstudyError: it is no expression file.
        """
        if path.suffix.lower() != FILE_SUFFIX:
            return cls(path=path, like=_like_footage(path))
        performance = read_expression(path)
        like, times = _like_file(path, performance)
        return cls(path=path, like=like, filed=(performance, times))

    def sized(self, width_px: int, height_px: int, frames: int | None = None) -> VideoInfo:
        """A video of the same times and sound, of pictures of some size; of so many, where that is known."""
        return replace(
            self.like,
            width_px=width_px, height_px=height_px, coded_width_px=width_px, coded_height_px=height_px,
            frames_hint=frames or self.like.frames_hint,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Driving:
    """What somebody does.

    Args:
        performance: a face in every frame; where none was seen it does what it did last.
        times: presentation time of each frame, in units of the source's time base.
        seen: (n,) in which frames there was a face.
        warnings: what the user should know of it.
    """

    performance: Performance
    times: list[int]
    seen: NDArray[np.bool_]
    warnings: list[str]

    @property
    def held(self) -> int:
        """How many frames show no face."""
        return int((~self.seen).sum())

    def doubts_about_turning(self) -> list[str]:
        """What the user should know of a head that turns far, where one photo is to follow it."""
        yaw = self.performance.pose_deg[:, 0]
        found = doubts_about_turn("the driving head", float(np.abs(yaw - yaw[0]).max()))
        return [f"{message}; --keep-pose leaves the head as it is" for message in found]


def read_driving(source: DrivingSource, person: int, on_event: OnEvent) -> Driving:
    """Read what somebody does.

    Args:
        source: of it.
        person: whose face of footage, by how often they are seen.
        on_event: hears of progress, and of weights that are fetched.

    Raises:
        MediaError: it cannot be read, or no such person is seen.
        WeightsError: the networks' weights cannot be had.
    """
    if source.filed is not None:
        performance, times = source.filed
        warnings: list[str] = []
    else:
        seen = faces_of_footage(source.path, on_event)
        performance = read_clip(clip_of(seen, person, source.path))
        warnings = [*seen.warnings, *doubts_about(performance, seen, person)]
        times = [round(Fraction(time_s) / source.like.time_base) for time_s in seen.times_s]
    shown, name = performance.seen, source.path.name
    if missing := int((~shown).sum()):
        warnings.append(
            f"{name} shows no face in {missing} of {len(shown)} frames: the last expression is held there"
        )
    return Driving(performance=without_gaps(performance), times=times, seen=shown, warnings=warnings)


def without_gaps(performance: Performance) -> Performance:
    """The same with a face in every frame: what was seen last; before the first one, what is seen first."""
    seen = performance.seen
    at = np.maximum.accumulate(np.where(seen, np.arange(len(seen)), -1))
    at = np.where(at < 0, np.argmax(seen), at)
    curves = ("values", "pose_deg", "centre_px", "scale_px", "gaze_deg")
    return replace(performance, **{name: getattr(performance, name)[at] for name in curves})


def shown_as(performance: Performance, strength: float) -> Performance:
    """The same with expressions shown more or less."""
    return replace(performance, values=np.clip(performance.values * np.float32(strength), 0, 1))


def frame_of(performance: Performance, frame: int) -> Performance:
    """One frame of a performance as a performance of its own."""
    curves = ("times_s", "values", "pose_deg", "centre_px", "scale_px", "gaze_deg")
    one = slice(frame, frame + 1)
    return replace(performance, **{name: getattr(performance, name)[one] for name in curves})


def _like_footage(path: Path) -> VideoInfo:
    with open_footage(path) as footage:
        info = footage.info
    # the output is made of the photo and not of these images, which lend their times alone
    own = path / "frames" if image_files(path) else path
    return VideoInfo(
        path=own, width_px=0, height_px=0, coded_width_px=0, coded_height_px=0, time_base=info.time_base,
        start_pts=info.start_pts, average_rate_hz=info.average_rate_hz, duration_s=info.duration_s,
        frames_hint=info.frames_hint, pixel_format="yuv420p", bit_depth=8, colour=_COLOUR,
        audio_streams=info.audio_streams, container=info.container, codec="h264",
    )  # fmt: skip


def _like_file(path: Path, performance: Performance) -> tuple[VideoInfo, list[int]]:
    times = [round(Fraction(time_s) / _TICKS) for time_s in performance.times_s.tolist()]
    if any(after <= before for before, after in pairwise(times)):
        raise MediaError(f"two frames of {path} are less than {float(_TICKS):.6f} s apart", "leave one out")
    times = [time - min(0, times[0]) for time in times]
    length_s = (times[-1] - times[0]) * _TICKS
    rate = (Fraction(len(times) - 1) / length_s).limit_denominator(1001) if length_s else Fraction(25)
    like = VideoInfo(
        path=path, width_px=0, height_px=0, coded_width_px=0, coded_height_px=0, time_base=_TICKS,
        start_pts=times[0], average_rate_hz=rate or Fraction(25), duration_s=None, frames_hint=len(times),
        pixel_format="yuv420p", bit_depth=8, colour=_COLOUR, container="expression", codec="h264",
    )  # fmt: skip
    return like, times
