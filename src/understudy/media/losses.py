"""What a written video cannot keep of the one that it is made from, a line each."""

# PyAV leaves type parameters of its streams open.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections import Counter
from pathlib import Path

from understudy.core.errors import MediaError
from understudy.media.info import VideoInfo
from understudy.media.light import HdrLight
from understudy.media.opening import open_container, video_stream_of
from understudy.media.stream_copy import is_copied


def losses(
    like: VideoInfo, output_name: str, *, pixel_format: str, is_moved: bool, codec: str = ""
) -> list[str]:
    """Say what the output will lack.

    Args:
        like: the video that the output is made from.
        output_name: file name of the output.
        pixel_format: what the output is encoded in; no colour is lost where it is the video's own.
        codec: what it is encoded with, as of `encoding_for`.
        is_moved: whether its times had to be shifted to start at 0 s.

    Returns:
        A line for each loss.
    """
    name, found = like.path.name, list[str]()
    is_kept = pixel_format == like.pixel_format
    if like.colour.is_hdr and not is_kept:
        found.append(
            f"{name} is HDR: {output_name} is tone-mapped to SDR (BT.709), and light above its white is lost"
        )
    if like.bit_depth > 8 and not is_kept:
        found.append(f"{name} has {like.bit_depth} bits a colour, {output_name} has 8")
    if codec and is_kept and like.light != HdrLight() and not like.light.encoder_options(codec):
        found.append(f"{output_name} does not say on what screen {name} was graded: h264 and hevc can")
    if like.is_transparent:
        found.append(f"{name} is transparent in places, {output_name} is not")
    if pixel_format == "yuv444p" and (like.coded_width_px % 2 or like.coded_height_px % 2):
        found.append(
            f"{output_name} keeps its odd size of {like.coded_width_px} x {like.coded_height_px} px by H.264 "
            "4:4:4, which some players cannot show: crop the footage to an even size for those"
        )
    if is_moved:
        found.append(f"{name} starts before 0 s: {output_name} is moved to start at 0 s")
    if left_out := _left_out(like.path, Path(output_name).suffix):
        found.append(f"{output_name} does not have all that {name} has: not its {', '.join(left_out)}")
    return found


def _left_out(path: Path, suffix: str) -> list[str]:
    """Streams that are neither the video nor copied: each kind with its number."""
    try:
        container = open_container(path)
    except MediaError:  # not a media file, or gone since it was described
        return []
    with container:
        if not container.streams.video:  # sound that was put under other pictures
            return []
        used = video_stream_of(container, path).index
        kinds = Counter(
            "further video" if stream.type == "video" else stream.type
            for stream in container.streams
            if stream.index != used and not is_copied(stream, suffix)
        )
        if container.chapters() and kinds["data"]:
            kinds["data"] -= 1  # QuickTime keeps chapters, which are copied, in one
    return [f"{kind} stream" if n == 1 else f"{n} {kind} streams" for kind, n in kinds.items() if n]
