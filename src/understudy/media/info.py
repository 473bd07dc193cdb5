"""What is known of a piece of footage before its frames are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from understudy.core.chroma import Site
from understudy.media.chroma_site import USUAL_SITE, chroma_site
from understudy.media.colour import UNSPECIFIED, ColourTags, has_alpha
from understudy.media.light import HdrLight, light_of
from understudy.media.rotation import Orientation, orientation_of


@dataclass(frozen=True, kw_only=True)
class OtherSound:
    """Sound that is heard under pictures instead of their own.

    Args:
        path: of its file, whose own times begin at 0.
        start_s: when its first sample is heard, in the time of the pictures.
        language: that it is tagged with, as containers do; its file's own where None.
    """

    path: Path
    start_s: Fraction = Fraction(0)
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """One piece of footage; sizes in pixels.

    Args:
        path: the file or folder.
        width_px: width of the upright frames.
        height_px: height of the upright frames.
        coded_width_px: width as stored, before `orientation` is applied.
        coded_height_px: height as stored.
        orientation: how stored pictures are brought upright.
        time_base: seconds a unit of pts.
        start_pts: pts of the first frame.
        average_rate_hz: mean frames a second, None where the container does not say.
        duration_s: length that the container states, None where it does not.
        frames_hint: number of frames that the container states or implies; may be wrong.
        pixel_format: name of the stored pixel format, e.g. yuv420p.
        bit_depth: bits a component.
        colour: colour tags as in the file.
        light: what HDR footage says of the screen that it was graded on.
        chroma_site: where samples of chroma lie that several pixels share, see `chroma_site`.
        is_transparent: whether some of the first picture lets what lies behind it through.
        sample_aspect_ratio: width over height of one stored pixel, None where it is not stated.
        audio_streams: number of audio streams.
        container: name of the container format, e.g. "matroska,webm".
        codec: name of the video codec.
        sound: what is heard in its copies instead of its own sound; its own where None.
    """

    path: Path
    width_px: int
    height_px: int
    coded_width_px: int
    coded_height_px: int
    orientation: Orientation = field(default_factory=Orientation)
    time_base: Fraction
    start_pts: int = 0
    average_rate_hz: Fraction | None
    duration_s: Fraction | None
    frames_hint: int | None
    pixel_format: str
    bit_depth: int
    colour: ColourTags = field(default_factory=ColourTags)
    light: HdrLight = field(default_factory=HdrLight)
    chroma_site: Site = USUAL_SITE
    is_transparent: bool = False
    sample_aspect_ratio: Fraction | None = None
    audio_streams: int = 0
    container: str
    codec: str
    sound: OtherSound | None = None

    @property
    def rotation_deg(self) -> int:
        """Clockwise turn that brings stored pictures upright: 0, 90, 180 or 270."""
        return self.orientation.rotation_deg

    @property
    def has_audio(self) -> bool:
        """Whether there is any audio stream."""
        return self.audio_streams > 0


def describe(path: Path, container: InputContainer, stream: VideoStream, first: av.VideoFrame) -> VideoInfo:
    """Gather what the container, the codec and the first decoded picture say.

    Args:
        path: the file.
        container: the open file.
        stream: its video stream; must have a time base.
        first: first picture of the stream.
    """
    orientation = orientation_of(first)
    width, height = orientation.upright_size(first.width, first.height)
    assert stream.time_base is not None
    rate = stream.average_rate or stream.guessed_rate
    duration = _duration_s(container, stream)
    estimate = round(duration * rate) if duration and rate else None
    return VideoInfo(
        path=path,
        width_px=width,
        height_px=height,
        coded_width_px=first.width,
        coded_height_px=first.height,
        orientation=orientation,
        time_base=stream.time_base,
        start_pts=first.pts or 0,
        average_rate_hz=rate,
        duration_s=duration,
        frames_hint=stream.frames or estimate,
        pixel_format=first.format.name,
        bit_depth=max(component.bits for component in first.format.components),
        colour=_colour_tags(stream, first),
        light=light_of(first),
        chroma_site=chroma_site(first) if "420p" in first.format.name else USUAL_SITE,
        is_transparent=_is_transparent(stream, first),
        sample_aspect_ratio=stream.sample_aspect_ratio,
        audio_streams=len(container.streams.audio),
        container=container.format.name,
        codec=stream.codec_context.name,
    )


def _duration_s(container: InputContainer, stream: VideoStream) -> Fraction | None:
    if stream.duration is not None and stream.time_base is not None:
        return stream.duration * stream.time_base
    return Fraction(container.duration, av.time_base) if container.duration is not None else None


def _is_transparent(stream: VideoStream, first: av.VideoFrame) -> bool:
    if has_alpha(first.format.name):
        return bool(first.to_ndarray(format="rgba")[..., 3].min() < 255)
    # VP8 and VP9 keep it in a second picture, which is not decoded
    return stream.metadata.get("alpha_mode") == "1"


def _colour_tags(stream: VideoStream, first: av.VideoFrame) -> ColourTags:
    """The picture's own tags where it has them, else the container's."""

    def pick(own: int, outer: int, missing: int = UNSPECIFIED) -> int:
        return int(own) if own != missing else int(outer)

    return ColourTags(
        matrix=pick(first.colorspace, stream.colorspace),
        primaries=pick(first.color_primaries, stream.color_primaries),
        transfer=pick(first.color_trc, stream.color_trc),
        range=pick(first.color_range, stream.color_range, 0),
    )
