"""Read a video file frame by frame: upright, progressive, in RGB, with its own presentation times."""

# PyAV leaves type parameters of its packets open.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from understudy.core.errors import MediaError
from understudy.core.types import Frame
from understudy.media.colour import ToRgb
from understudy.media.deinterlace import Deinterlacer
from understudy.media.info import VideoInfo, describe
from understudy.media.integrity import breaks_off
from understudy.media.opening import open_container, video_stream_of
from understudy.media.partial import DecodedPicture, PartialFrame, PartsToRgb


class VideoReader:
    """Streams the frames of one video file, once, in presentation order.

    Every decoded frame is given, none twice; `pts` is as stored. Frames that are flagged interlaced are
    deinterlaced, HDR is tone-mapped, and transparency lies over white. A file that breaks off is used up
    to the break. What was wrong with the file is in `warnings`, complete once the frames are read.

    Args:
        path: the video file.
        start_index: first frame to give; those before it are decoded and left out.
        start_s: the same by time since the first frame; the later of the two counts.

    Raises:
        MediaError: there is no such file, or it holds no frame that can be decoded.
    """

    def __init__(self, path: Path, *, start_index: int = 0, start_s: Fraction = Fraction(0)) -> None:
        """Open the file and decode its first frame."""
        if start_index < 0:
            raise ValueError(f"start_index must be at least 0, got {start_index}")
        self.warnings: list[str] = []
        self._path = path
        self._start_index, self._start_s = start_index, start_s
        self._damaged_packets = 0
        self._broke_off = False
        self._hidden = 0  # frames that the container's edit list takes out
        self._is_closed = self._has_skipped = False
        self._decoding = threading.Lock()  # FFmpeg crashes where a file is closed while it is read
        self._container = open_container(path)
        try:
            self._stream = video_stream_of(self._container, path)
            self._stream.thread_type = "AUTO"
            decoded = self._decode()
            first = next(decoded, None)
            if first is None:
                raise _no_frame(path)
            self.info: VideoInfo = _described(path, self._container, self._stream, first)
            self._stated_frames = self._stream.frames
        except BaseException:
            self.close()
            raise
        self._pictures = chain([first], decoded)

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames from the start on; raises MediaError once the reader is closed."""
        info = self.info
        to_rgb = ToRgb(info.colour, width_px=info.coded_width_px, height_px=info.coded_height_px)
        for index, pts, picture in self._timed():
            image = info.orientation.upright(to_rgb(picture))
            yield Frame(index=index, pts=pts, time_base=info.time_base, image=image)

    def skip_to(self, pts: int) -> bool:
        """Go to the last picture at or before a time that is stored whole, before any frame was given.

        Frames are counted from there, so only their times tell which they are.

        Args:
            pts: the time, in units of the time base.

        Returns:
            Whether that worked; else nothing can be read from this reader any more.
        """
        with self._decoding:
            self._check_open()
            try:
                self._container.seek(pts, stream=self._stream)
            except FFmpegError:
                return False
        self._has_skipped = True
        pictures = self._decode()
        # what comes before a whole picture may lean on what was not decoded
        first = next((each for each in pictures if each.key_frame), None)
        if first is None or first.pts is None or first.pts > pts:
            return False
        self._pictures = chain([first], pictures)
        return True

    def partial(self) -> Iterator[PartialFrame]:
        """Give the same frames, each converted only where somebody looks."""
        info = self.info
        to_rgb = PartsToRgb(
            info.colour, info.orientation, width_px=info.coded_width_px, height_px=info.coded_height_px
        )
        for index, pts, decoded in self._timed():
            picture = DecodedPicture(decoded, to_rgb)
            yield PartialFrame(index=index, pts=pts, time_base=info.time_base, image=picture)

    def _timed(self) -> Iterator[tuple[int, int, av.VideoFrame]]:
        """Number, time and decoded picture, progressive, of the frames from the start on."""
        info = self.info
        self._check_open()
        clock, deinterlacer = _Clock(info), Deinterlacer()
        timed = deinterlacer.of((clock.tick(picture), picture) for picture in self._pictures)
        for index, (pts, picture) in enumerate(timed):
            # not sought: frames are known by their number, which only counting from the first tells
            if index < self._start_index or (pts - info.start_pts) * info.time_base < self._start_s:
                continue
            yield index, pts, picture
        if not self._has_skipped:
            self._report(clock, deinterlacer)

    def close(self) -> None:
        """Close the file; nothing can be read afterwards.

        It waits while another thread decodes a packet.
        """
        with self._decoding:
            self._is_closed = True
            self._container.close()

    def __enter__(self) -> Self:
        """Give the reader itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def _decode(self) -> Iterator[av.VideoFrame]:
        """Decode up to the end or the break; damaged packets are counted and left out."""
        packets = self._container.demux(self._stream)
        is_last = False
        while not is_last:
            with self._decoding:
                self._check_open()
                try:
                    packet = next(packets, None)
                except FFmpegError:
                    self._broke_off = True
                    packet = None
                pictures = self._pictures_of(packet)
            # not under the lock: nobody knows when the next picture is asked for
            yield from pictures
            is_last = packet is None

    def _pictures_of(self, packet: Packet[VideoStream] | None) -> list[av.VideoFrame]:
        """What a packet, or None for the end, makes the decoder give."""
        if packet is not None:
            self._broke_off |= packet.is_corrupt
            self._hidden += packet.is_discard
        try:
            return self._stream.decode(packet)
        except EOFError:  # the demuxer's own flush packet came before
            return []
        except FFmpegError:
            self._damaged_packets += 1
            return []

    def _check_open(self) -> None:
        if self._is_closed:
            raise MediaError(f"{self._path} was closed while it was read", "open it again")

    def _report(self, clock: _Clock, deinterlacer: Deinterlacer) -> None:
        """Add what went wrong to the warnings, once the frames are through."""
        name, reached_s = self._path.name, float(clock.end_s)
        stated_s = self.info.duration_s
        frame_s = 1 / self.info.average_rate_hz if self.info.average_rate_hz else Fraction(1, 10)
        is_short = self._stated_frames > clock.ticks + self._hidden + self._damaged_packets
        if self._broke_off or is_short or breaks_off(self._path, self.info.container):
            of = (
                f" of {float(stated_s):.2f}"
                if stated_s is not None and stated_s > clock.end_s + frame_s
                else ""
            )
            self.warnings.append(
                f"{name} breaks off: used up to {reached_s:.2f}{of} s, {clock.ticks} frames; "
                "get a complete copy if more is needed"
            )
        elif self._damaged_packets:
            self.warnings.append(f"{name} is damaged: {self._damaged_packets} packets could not be decoded")
        if clock.repaired:
            self.warnings.append(f"{name}: {clock.repaired} frames had no usable time and were given one")
        if deinterlacer.count:
            self.warnings.append(
                f"{name} is interlaced: {deinterlacer.count} of {clock.ticks} frames were deinterlaced, "
                "and what is made from them is progressive"
            )


class _Clock:
    """Presentation times: as stored, and made up only where a picture has none that can be used."""

    def __init__(self, info: VideoInfo) -> None:
        rate = info.average_rate_hz or Fraction(25)
        self._step = max(1, round(1 / (rate * info.time_base)))
        self._time_base = info.time_base
        self._last: int | None = None
        self.ticks = 0
        self.repaired = 0

    def tick(self, picture: av.VideoFrame) -> int:
        """The picture's pts, always later than the one before."""
        pts = picture.pts if picture.pts is not None else picture.dts
        if pts is None or (self._last is not None and pts <= self._last):
            pts = 0 if self._last is None else self._last + (1 if pts is not None else self._step)
            self.repaired += 1
        self.ticks += 1
        self._last = pts
        return pts

    @property
    def end_s(self) -> Fraction:
        """When the last frame ends."""
        return ((self._last or 0) + self._step) * self._time_base


def _described(path: Path, container: InputContainer, stream: VideoStream, first: av.VideoFrame) -> VideoInfo:
    try:
        return describe(path, container, stream, first)
    except (FFmpegError, OSError, ValueError) as error:
        raise MediaError(
            f"{path}: pictures of {first.width} x {first.height} px {first.format.name} cannot be shown",
            "convert it with another program",
        ) from error


def _no_frame(path: Path) -> MediaError:
    return MediaError(f"{path} has no frame that can be decoded", "it is damaged: get a complete copy")
