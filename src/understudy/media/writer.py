"""Write a video that differs from another one in its pictures only."""

# PyAV leaves type parameters of its packets open.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import numpy as np
from av.codec.context import Flags
from av.packet import Packet
from av.video.frame import PictureType
from av.video.stream import VideoStream

from understudy.core.chroma import Site, middle_of
from understudy.core.errors import MediaError
from understudy.core.types import Frame, Image
from understudy.media.chroma_site import USUAL_SITE
from understudy.media.colour import FromRgb
from understudy.media.encoding import CODECS, Encoding, encoding_for
from understudy.media.info import VideoInfo
from understudy.media.losses import losses
from understudy.media.output import OUTPUT_SUFFIXES, check_path, write_errors
from understudy.media.output_file import OutputFile, is_rounded
from understudy.media.planes import PlaneEditor
from understudy.media.rotation import Orientation

_TOO_FEW_FOR_X265 = 2  # frames: what it says of when they are decoded is whatever was in memory

__all__ = ["OUTPUT_SUFFIXES", "VideoWriter", "check_output"]


class VideoWriter:
    """Writes frames with the times, size, rotation and colour tags of another video, and its audio.

    What is written lies beside `path` under another name until the writer is closed without an error;
    then it is whole and takes its place. After an exception nothing is left.

    Matroska counts milliseconds: times of other videos are rounded there, with a warning.

    Args:
        path: the file to write: .mp4, .mov, .m4v or .mkv, in a folder that exists.
        like: the video whose properties and audio are taken over.
        native: encode in the other video's own pixel format, for `write_coded`; see `encoding.is_native`.
        codec: see `encoding_for`.
        crf: likewise.
        preset: speed of the encoder, "ultrafast" to "veryslow".
        metadata: tags of the container, e.g. {"comment": "..."}.
        alone: write the pictures only, for a part of a video that is joined later; see `parts`.

    Raises:
        MediaError: the path cannot be written, or the container cannot hold the audio.
    """

    def __init__(
        self,
        path: Path,
        *,
        like: VideoInfo,
        native: bool = False,
        codec: str = "auto",
        crf: int | None = None,
        preset: str = "veryfast",
        metadata: Mapping[str, str] | None = None,
        alone: bool = False,
    ) -> None:
        """Check the path, open the file and write its header."""
        check_path(path, [like.path])
        self.warnings: list[str] = []
        self._path = path
        self._like = like
        self._held: av.VideoFrame | None = None  # until it is known how long it is shown
        self._last_pts = self._frames = 0
        self._has_rounded, self._is_alone = False, alone
        self._encoding = encoding_for(
            like, path.suffix, native=native, codec=codec if native or codec != "auto" else "h264",
            crf=crf, preset=preset,
        )  # fmt: skip
        self._from_rgb = _from_rgb(self._encoding, like, native=native)
        self._file = OutputFile(path, like, metadata=metadata or {}, alone=alone)
        try:
            with write_errors(path):
                self._video = self._add_video()
            self._file.start()
        except BaseException:
            self.discard()
            raise
        if not alone:
            is_moved = bool(self._file.shift)
            self.warnings += losses(
                like, path.name, pixel_format=self.pixel_format, is_moved=is_moved, codec=self.codec
            )

    @property
    def pixel_format(self) -> str:
        """What `write_coded` takes pictures in."""
        return self._encoding.pixel_format

    @property
    def codec(self) -> str:
        """What pictures are encoded with, a key of `encoding.CODECS`."""
        return self._encoding.codec

    def write(self, frame: Frame) -> None:
        """Add the next frame; audio up to its time goes with it.

        Args:
            frame: later than the one before, of the video's upright size; its time must be a whole
                number of the video's time base.

        Raises:
            ValueError: the frame does not fit.
            MediaError: the disk is full or fails.
        """
        size = (frame.image.shape[1], frame.image.shape[0])
        if size != (self._like.width_px, self._like.height_px):
            raise ValueError(f"need frames of {self._like.width_px} x {self._like.height_px} px, got {size}")
        coded = np.ascontiguousarray(self._like.orientation.coded(frame.image))
        self._add(self._from_rgb(coded), frame.time_s)

    def write_coded(self, picture: av.VideoFrame, time_s: Fraction) -> None:
        """Add the next frame as it is stored: not turned, in `pixel_format`; it must not change afterwards.

        Args:
            picture: of the video's coded size.
            time_s: its presentation time; as of `write`.

        Raises:
            ValueError: the picture does not fit.
            MediaError: the disk is full or fails.
        """
        size = (picture.width, picture.height)
        if size != (self._like.coded_width_px, self._like.coded_height_px):
            raise ValueError(f"a picture of {size} px does not fit")
        if picture.format.name != self.pixel_format:
            raise ValueError(f"need pictures in {self.pixel_format}, got {picture.format.name}")
        picture.pict_type = PictureType.NONE  # the encoder decides which pictures are whole ones
        self._add(picture, time_s)

    def _add(self, picture: av.VideoFrame, time_s: Fraction) -> None:
        pts = self._pts_of(time_s)
        picture.pts = pts
        picture.time_base = self._ticks
        if self._held is not None:
            self._encode(self._held, pts - self._last_pts)
        self._held, self._last_pts = picture, pts
        self._frames += 1

    def close(self) -> None:
        """Finish the file and give it its name.

        Raises:
            MediaError: no frame was written, or the disk is full or fails; nothing is left then.
        """
        try:
            if self._held is None:
                raise MediaError(f"no frame to write to {self._path}", "check that the target has frames")
            self._encode(self._held, self._last_frame_ticks())
            with write_errors(self._path):
                rest = cast("list[Packet[VideoStream]]", self._video.encode(None))
            if self.codec == "hevc" and self._frames <= _TOO_FEW_FOR_X265:
                for (
                    packet
                ) in rest:  # all there are, none of them to be decoded before another one shown earlier
                    packet.dts = packet.pts
            self._file.close(rest)
        except BaseException:
            self.discard()
            raise
        if not self._is_alone:  # what a part is called says nothing to anybody
            self.warnings += self._file.remarks(has_rounded=self._has_rounded)

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

    def _add_video(self) -> VideoStream:
        like, encoding = self._like, self._encoding
        video = cast(
            VideoStream,
            self._file.container.add_stream(
                CODECS[encoding.codec],
                rate=like.average_rate_hz or 25,
                options=dict(encoding.options),
                width=like.coded_width_px,
                height=like.coded_height_px,
                pix_fmt=encoding.pixel_format,
            ),
        )
        video.time_base = self._ticks
        context = video.codec_context
        context.time_base = self._ticks
        context.flags |= Flags.frame_duration
        if encoding.tag:
            context.codec_tag = encoding.tag
        colour = encoding.colour
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
        with write_errors(self._path):
            packets = cast("list[Packet[VideoStream]]", self._video.encode(picture))
        self._file.mux(packets, (picture.pts or 0) * self._ticks)

    def _last_frame_ticks(self) -> int:
        """How long the last frame is shown: to the end of the other video, if that is it."""
        like = self._like
        nominal = max(1, round(1 / ((like.average_rate_hz or 25) * self._ticks)))
        if like.duration_s is None:
            return nominal
        end_s = (like.start_pts + self._file.shift) * like.time_base + like.duration_s
        rest = round(end_s / self._ticks) - self._last_pts
        # other containers than these estimate their length, and a video that broke off ends earlier
        is_exact = like.container == "gif" or "mp4" in like.container
        return rest if is_exact and 0 < rest <= 4 * nominal else nominal

    def _pts_of(self, time_s: Fraction) -> int:
        """A frame's time in `_ticks`."""
        exact = (time_s + self._file.shift * self._like.time_base) / self._ticks
        if exact.denominator != 1:
            raise ValueError(f"time {time_s} s is no multiple of the time base {self._like.time_base} s")
        if self._held is not None and exact <= self._last_pts:
            raise ValueError(f"frames must come in order: {time_s} s is not after the one before")
        self._has_rounded |= is_rounded(self._path, time_s)
        return int(exact)

    def discard(self) -> None:
        """Stop, and remove what was written; `path` is as it was. Harmless after the end."""
        self._file.discard()


def _from_rgb(encoding: Encoding, like: VideoInfo, *, native: bool) -> Callable[[Image], av.VideoFrame]:
    """What makes pictures for an encoder of RGB: in its own depth and range, and HDR where it stores that."""
    colour, pixel_format, height_px = encoding.colour, encoding.pixel_format, like.coded_height_px
    site = like.chroma_site if native and "420" in pixel_format else _site_of(encoding)
    if pixel_format in ("yuv420p", "yuv444p") and not colour.is_hdr:
        return FromRgb(colour, height_px=height_px, pixel_format=pixel_format, site=site)
    tags = replace(colour, matrix=colour.matrix_for(height_px))
    return PlaneEditor(tags, pixel_format, site).picture_of


def _site_of(encoding: Encoding) -> Site:
    """Where unstated chroma is taken to lie: as H.264 and HEVC define it; FFmpeg centres that of others."""
    if encoding.codec in ("h264", "hevc"):
        return USUAL_SITE
    kind = av.VideoFormat(encoding.pixel_format)
    return middle_of((16 // kind.chroma_width(16), 16 // kind.chroma_height(16)))


def check_output(
    path: Path, like: VideoInfo, *, native: bool = False, codec: str = "auto", crf: int | None = None
) -> None:
    """Find out before the work whether an output can be written, by starting to; nothing is left.

    Args:
        path: as of `VideoWriter`.
        like: as of `VideoWriter`.
        native: likewise.
        codec: likewise.
        crf: likewise.

    Raises:
        MediaError: what `VideoWriter` would raise.
    """
    VideoWriter(path, like=like, native=native, codec=codec, crf=crf).discard()
