"""Open media files that may come from anybody: nothing but the file itself is read, and no huge pictures."""

# PyAV leaves type parameters of its packets open.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import errno
from pathlib import Path
from typing import Literal

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from understudy.core.errors import MediaError

MOST_PIXELS = 80_000_000  # of a frame: as many as 12K has, 12,288 x 6,480
# and of one that is larger than its file says: four times as many, or 4K
_MOST_GROWTH, _GROWN_PIXELS = 4, 4096 * 2304

# libavformat also takes lists of other files for videos, and any text for terminal art
_FORMATS = (
    *("mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "live_flv", "gif", "mxf", "ogg", "asf"),
    *("rm", "dv", "nut", "wtv", "ivf", "yuv4mpegpipe", "m4v", "h264", "hevc", "vvc", "av1", "obu", "vc1"),
    *("mjpeg", "apng", "wav", "w64", "mp3", "flac", "aac", "ac3", "eac3", "aiff", "caf", "au"),
)
_OPTIONS = {
    "format_whitelist": ",".join(_FORMATS),
    "protocol_whitelist": "file",
    "max_pixels": str(MOST_PIXELS),
}


_ASKED = {  # what a file that is none is no kind of, what to give instead, what may be the matter
    "video": (
        "give a video file, e.g. MP4 or Matroska",
        "check that it is a complete video file; a broken MP4 may have lost its index",
    ),
    "sound": (
        "give a sound file, e.g. WAV or FLAC, or a video with sound",
        "check that it is complete; a broken M4A or MP4 may have lost its index",
    ),
}


def open_container(path: Path, *, kind: Literal["video", "sound"] = "video") -> InputContainer:
    """Open a media file.

    Args:
        path: the file.
        kind: what is looked for in it, for messages.

    Raises:
        MediaError: there is no such file, or it is not one that can be read.
    """
    if not path.exists():
        raise MediaError(f"{path} does not exist", "check the path")
    if path.is_dir():
        raise MediaError(f"{path} is a folder", "give a file")
    try:
        if path.stat().st_size == 0:
            raise MediaError(f"{path} is empty", "copy or download it again")
        # named as a file: what stands in front of a colon would be a protocol
        return av.open(f"file:{path}", mode="r", metadata_errors="replace", options=dict(_OPTIONS))
    except PermissionError as error:
        raise MediaError(f"{path} may not be read", "change its permissions") from error
    except (FFmpegError, OSError, ValueError, OverflowError) as error:
        if getattr(error, "errno", None) == errno.EINVAL:
            raise MediaError(f"{path} is no {kind} of a kind that is read", _ASKED[kind][0]) from error
        raise MediaError(
            f"{path} cannot be read as {kind} ({getattr(error, 'strerror', None) or error})", _ASKED[kind][1]
        ) from error


def video_stream_of(container: InputContainer, path: Path) -> VideoStream:
    """The first video stream that is not cover art.

    Raises:
        MediaError: there is none, or its frames are larger than any footage's.
    """
    for stream in container.streams.video:
        if Disposition.attached_pic in stream.disposition:
            continue
        # no context where FFmpeg has no decoder, which PyAV's types do not say
        if stream.time_base is not None and getattr(stream, "codec_context", None) is not None:
            width, height = stream.codec_context.width, stream.codec_context.height
            pixels = width * height
            if pixels > MOST_PIXELS:
                raise MediaError(
                    f"{path} has frames of {width} x {height} px",
                    f"reduce it to {MOST_PIXELS // 1_000_000} million pixels with another program",
                )
            # a file of a kilobyte that says 32 x 16 would else make room for five frames of 12K
            most = min(MOST_PIXELS, max(_MOST_GROWTH * pixels, _GROWN_PIXELS))
            stream.codec_context.options = {**stream.codec_context.options, "max_pixels": str(most)}
            return stream
    kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "none"
    raise MediaError(f"{path} has no video stream (streams: {kinds})", "give a file with pictures")
