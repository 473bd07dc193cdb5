"""A video file while it is written: one video stream, and what else its footage has."""

# PyAV leaves type parameters of its packets open.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from understudy.core.errors import MediaError
from understudy.core.files import written_aside
from understudy.media.info import VideoInfo
from understudy.media.output import Finish, write_errors
from understudy.media.stream_copy import StreamCopy

_MAX_TIMESCALE = (1 << 31) - 1


def is_matroska(path: Path) -> bool:
    """Whether a file to write counts times in milliseconds."""
    return path.suffix.lower() == ".mkv"


def is_rounded(path: Path, time_s: Fraction) -> bool:
    """Whether a file to write cannot state a time exactly."""
    return is_matroska(path) and (time_s * 1000).denominator != 1


class _AbandonedError(Exception):
    """Tells `written_aside` to throw away what was written."""


class OutputFile:
    """Lies beside `path` under another name until it is closed; then it is whole and takes its place.

    Args:
        path: the file to write.
        like: the footage whose sound, subtitles and chapters come along.
        alone: whether they do not.
        metadata: tags of the container.
        finish: what is done to the closed file before it takes its place.

    Attributes:
        container: its video stream is to be added before `start`.
        shift: units of the footage's time base that all times are moved by, as no container starts below 0.

    Raises:
        MediaError: it cannot be written.
    """

    def __init__(
        self,
        path: Path,
        like: VideoInfo,
        *,
        metadata: Mapping[str, str],
        alone: bool = False,
        finish: Finish | None = None,
    ) -> None:
        """Open the file."""
        self._path, self._like, self._finish = path, like, finish
        self.shift = max(0, -like.start_pts)
        self._stack = ExitStack()
        self._others: list[StreamCopy] = []
        try:
            with write_errors(path):
                self._aside = self._stack.enter_context(written_aside(path))
                if not alone:
                    self._open_others()
                self.container = self._open(metadata)
        except BaseException:
            self.discard()
            raise

    def remarks(self, *, has_rounded: bool) -> list[str]:
        """What is to be said of times, once the file is closed.

        Args:
            has_rounded: whether a frame's time is not in whole milliseconds; see `is_rounded`.
        """
        found: list[str] = []
        if has_rounded:
            found.append(f"{self._path.name}: Matroska rounds times to milliseconds; .mp4 keeps them exact")
        if repaired := sum(each.repaired for each in self._others):
            found.append(
                f"{self._like.path.name}: {repaired} audio packets had no usable time and were given one"
            )
        return found

    def start(self) -> None:
        """Write the header; the video stream is there."""
        with write_errors(self._path):
            for each in self._others:
                each.declare_in(self.container)
            self.container.start_encoding()

    def mux(self, packets: Sequence[Packet[VideoStream]], heard_until_s: Fraction) -> None:
        """Write packets of the video, and what is heard or read up to a time of the output first."""
        with write_errors(self._path):
            for each in self._others:
                each.copy_until(heard_until_s)
            self.container.mux(packets)

    def close(self, last: Sequence[Packet[VideoStream]] = ()) -> None:
        """Finish the file and give it its name.

        Args:
            last: packets of the video.

        Raises:
            MediaError: the disk is full or fails; nothing is left then.
        """
        try:
            with write_errors(self._path):
                self.container.mux(last)
                for each in self._others:
                    each.copy_until(None)
                    each.close()
                self.container.close()
                if self._finish is not None:
                    self._finish([self._aside])
                self._stack.close()
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Remove what was written; `path` is as it was. Harmless after the end."""
        if hasattr(self, "container"):
            with contextlib.suppress(OSError):
                # first, so that closing does not move gigabytes about to put the index in front
                self._aside.unlink(missing_ok=True)
            with contextlib.suppress(FFmpegError, OSError):
                self.container.close()
        for each in self._others:
            each.close()
        # any error makes `written_aside` clean up
        self._stack.__exit__(_AbandonedError, _AbandonedError(), None)

    def _open_others(self) -> None:
        shift_s, suffix, sound = self.shift * self._like.time_base, self._path.suffix, self._like.sound
        if sound is not None:  # sound first, as players and people expect it
            start_s = shift_s + sound.start_s
            copy = StreamCopy(sound.path, suffix, shift_s=start_s, is_whole=False, language=sound.language)
            self._others.append(copy)
        leaves_out = () if sound is None else ("audio",)
        try:
            self._others.append(StreamCopy(self._like.path, suffix, shift_s=shift_s, leaves_out=leaves_out))
        except MediaError:  # images
            if self._like.has_audio:
                raise

    def _open(self, metadata: Mapping[str, str]) -> OutputContainer:
        # audio may start before zero, where its first samples only warm the decoder up
        options = {"avoid_negative_ts": "disabled"}
        if not is_matroska(self._path):
            timescale = self._like.time_base.denominator
            rates = [rate for each in self._others for rate in each.sample_rates_hz]
            # start times are stored in units of the whole movie, so these must fit every stream
            common = math.lcm(timescale, *rates)
            options |= {
                "video_track_timescale": str(timescale),
                "movie_timescale": str(common if common <= _MAX_TIMESCALE else timescale),
                "movflags": "+faststart",
            }
        output = av.open(str(self._aside), "w", container_options=options)
        output.metadata.update(metadata)
        return output
