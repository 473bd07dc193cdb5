"""Write a video that differs from another one in its pictures only."""

# PyAV leaves type parameters of its packets open.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.codec.context import Flags
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from understudy.core.errors import MediaError
from understudy.core.files import written_aside
from understudy.core.types import Frame
from understudy.media.audio_copy import AudioCopy
from understudy.media.colour import FromRgb
from understudy.media.info import VideoInfo
from understudy.media.losses import losses
from understudy.media.output import OUTPUT_SUFFIXES, check_path, write_errors
from understudy.media.rotation import Orientation

__all__ = ["OUTPUT_SUFFIXES", "VideoWriter", "check_output"]

_MAX_TIMESCALE = (1 << 31) - 1


class _AbandonedError(Exception):
    """Tells `written_aside` to throw away what was written."""


class VideoWriter:
    """Writes frames as H.264 with the times, size, rotation and colour tags of another video, and its audio.

    What is written lies beside `path` under another name until the writer is closed without an error;
    then it is whole and takes its place. After an exception nothing is left.

    Matroska counts milliseconds: times of other videos are rounded there, with a warning.

    Args:
        path: the file to write: .mp4, .mov, .m4v or .mkv, in a folder that exists.
        like: the video whose properties and audio are taken over.
        crf: constant quality of H.264, 0 (lossless) to 51; 16 is hard to tell from the original.
        preset: speed of the encoder, "ultrafast" to "veryslow".
        metadata: tags of the container, e.g. {"comment": "..."}.
        inputs: files that must not be overwritten, beside `like.path`.

    Raises:
        MediaError: the path cannot be written, or the container cannot hold the audio.
    """

    def __init__(
        self,
        path: Path,
        *,
        like: VideoInfo,
        crf: int = 16,
        preset: str = "veryfast",
        metadata: Mapping[str, str] | None = None,
        inputs: Sequence[Path] = (),
    ) -> None:
        """Check the path, open the file and write its header."""
        check_path(path, [like.path, *inputs])
        self.warnings: list[str] = []
        self._path = path
        self._like = like
        self._held: av.VideoFrame | None = None  # until it is known how long it is shown
        self._last_pts = 0
        self._has_rounded = False
        # no container starts before zero, so such a video and its audio are moved there together
        self._shift = max(0, -like.start_pts)
        self._from_rgb = FromRgb(
            like.colour.written, height_px=like.coded_height_px, pixel_format=_pixel_format_for(like)
        )
        self._stack = ExitStack()
        self._audio: AudioCopy | None = None
        try:
            with write_errors(path):
                self._aside = self._stack.enter_context(written_aside(path))
                self._audio = self._open_audio()
                self._output = self._open_output(metadata or {})
                self._video = self._add_video(crf, preset)
                if self._audio is not None:
                    self._audio.declare_in(self._output)
                self._output.start_encoding()
        except BaseException:
            self.discard()
            raise
        self.warnings += losses(
            like, path.name, pixel_format=self._from_rgb.pixel_format, is_moved=bool(self._shift)
        )

    def write(self, frame: Frame) -> None:
        """Add the next frame; audio up to its time goes with it.

        Args:
            frame: later than the one before, of the video's upright size; its time must be a whole
                number of the video's time base.

        Raises:
            ValueError: the frame does not fit.
            MediaError: the disk is full or fails.
        """
        pts = self._pts_of(frame)
        size = (frame.image.shape[1], frame.image.shape[0])
        if size != (self._like.width_px, self._like.height_px):
            raise ValueError(f"need frames of {self._like.width_px} x {self._like.height_px} px, got {size}")
        picture = self._from_rgb(np.ascontiguousarray(self._like.orientation.coded(frame.image)))
        picture.pts = pts
        picture.time_base = self._ticks
        with write_errors(self._path):
            if self._held is not None:
                self._encode(self._held, pts - self._last_pts)
        self._held, self._last_pts = picture, pts

    def close(self) -> None:
        """Finish the file and give it its name.

        Raises:
            MediaError: no frame was written, or the disk is full or fails; nothing is left then.
        """
        try:
            if self._held is None:
                raise MediaError(f"no frame to write to {self._path}", "check that the target has frames")
            with write_errors(self._path):
                self._encode(self._held, self._last_frame_ticks())
                self._output.mux(self._video.encode(None))
                if self._audio is not None:
                    self._audio.copy_until(None)
                    self._audio.close()
                self._output.close()
                self._stack.close()
        except BaseException:
            self.discard()
            raise
        self._note_repairs()

    def __enter__(self) -> Self:
        """Give the writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file, or remove it where the block raised."""
        if error is None:
            self.close()
        else:
            self.discard()

    @property
    def _ticks(self) -> Fraction:
        """Seconds a unit of pts in the encoder and, but for Matroska, in the file."""
        return Fraction(1, self._like.time_base.denominator)

    @property
    def _is_matroska(self) -> bool:
        return self._path.suffix.lower() == ".mkv"

    def _open_audio(self) -> AudioCopy | None:
        if not self._like.has_audio:
            return None
        return AudioCopy(self._like.path, shift_s=self._shift * self._like.time_base)

    def _open_output(self, metadata: Mapping[str, str]) -> OutputContainer:
        # audio may start before zero, where its first samples only warm the decoder up
        options = {"avoid_negative_ts": "disabled"}
        if not self._is_matroska:
            timescale = self._like.time_base.denominator
            rates = self._audio.sample_rates_hz if self._audio is not None else []
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

    def _add_video(self, crf: int, preset: str) -> VideoStream:
        like = self._like
        video = self._output.add_stream(
            "libx264",
            rate=like.average_rate_hz or 25,
            options={"crf": str(crf), "preset": preset},
            width=like.coded_width_px,
            height=like.coded_height_px,
            pix_fmt=_pixel_format_for(like),
        )
        video.time_base = self._ticks
        context = video.codec_context
        context.time_base = self._ticks
        context.flags |= Flags.frame_duration
        colour = like.colour.written
        context.colorspace, context.color_primaries = colour.matrix, colour.primaries
        context.color_trc, context.color_range = colour.transfer, colour.range
        if like.sample_aspect_ratio is not None:
            context.sample_aspect_ratio = like.sample_aspect_ratio
        if like.orientation != Orientation():
            video.set_display_matrix(like.orientation.display_matrix())
        return video

    def _encode(self, picture: av.VideoFrame, duration: int) -> None:
        """Encode one picture, and copy the audio that is heard before it."""
        picture.duration = duration
        if self._audio is not None:
            self._audio.copy_until((picture.pts or 0) * self._ticks)
        self._output.mux(self._video.encode(picture))

    def _last_frame_ticks(self) -> int:
        """How long the last frame is shown: to the end of the other video, if that is it."""
        like = self._like
        nominal = max(1, round(1 / ((like.average_rate_hz or 25) * self._ticks)))
        if like.duration_s is None:
            return nominal
        end_s = (like.start_pts + self._shift) * like.time_base + like.duration_s
        rest = round(end_s / self._ticks) - self._last_pts
        # other containers than these estimate their length, and a video that broke off ends earlier
        is_exact = like.container == "gif" or "mp4" in like.container
        return rest if is_exact and 0 < rest <= 4 * nominal else nominal

    def _pts_of(self, frame: Frame) -> int:
        """The frame's time in `_ticks`."""
        exact = (frame.time_s + self._shift * self._like.time_base) / self._ticks
        if exact.denominator != 1:
            raise ValueError(
                f"time {frame.time_s} s is no multiple of the time base {self._like.time_base} s"
            )
        if self._held is not None and exact <= self._last_pts:
            raise ValueError(f"frames must come in order: {frame.time_s} s is not after the one before")
        self._has_rounded |= self._is_matroska and (frame.time_s * 1000).denominator != 1
        return int(exact)

    def _note_repairs(self) -> None:
        if self._has_rounded:
            self.warnings.append(
                f"{self._path.name}: Matroska rounds times to milliseconds; .mp4 keeps them exact"
            )
        if self._audio is not None and self._audio.repaired:
            count = self._audio.repaired
            self.warnings.append(
                f"{self._like.path.name}: {count} audio packets had no usable time and were given one"
            )

    def discard(self) -> None:
        """Stop, and remove what was written; `path` is as it was. Harmless after the end."""
        if hasattr(self, "_output"):
            with contextlib.suppress(OSError):
                # first, so that closing does not move gigabytes about to put the index in front
                self._aside.unlink(missing_ok=True)
            with contextlib.suppress(FFmpegError, OSError):
                self._output.close()
        if self._audio is not None:
            self._audio.close()
        # any error makes `written_aside` clean up
        self._stack.__exit__(_AbandonedError, _AbandonedError(), None)


def check_output(path: Path, like: VideoInfo) -> None:
    """Find out before the work whether an output can be written, by starting to; nothing is left.

    Args:
        path: as of `VideoWriter`.
        like: as of `VideoWriter`.

    Raises:
        MediaError: what `VideoWriter` would raise.
    """
    VideoWriter(path, like=like).discard()


def _pixel_format_for(like: VideoInfo) -> str:
    """4:2:0, which plays everywhere, but for odd sizes.

    4:2:0 stores one colour for 2x2 pixels and H.264 cannot crop half of such a square.
    """
    return "yuv444p" if like.coded_width_px % 2 or like.coded_height_px % 2 else "yuv420p"
