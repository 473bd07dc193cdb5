"""What footage is encoded with: its own format where an encoder takes that, else what plays everywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import av

from understudy.core.chroma import Site
from understudy.core.errors import MediaError
from understudy.media.chroma_site import USUAL_SITE
from understudy.media.colour import ColourTags
from understudy.media.info import VideoInfo
from understudy.media.planes import EDITABLE

CODECS = {"h264": "libx264", "hevc": "libx265", "prores": "prores_ks", "ffv1": "ffv1"}
# about as hard to tell from the original each
_CRF = {"h264": 16, "hevc": 18}
_MOST_CRF = 51
_PARAMETERS = {"h264": "x264-params", "hevc": "x265-params"}
# as H.264 and HEVC number them
_PLACES: list[Site] = [(0, 0.5), (0.5, 0.5), (0, 0), (0.5, 0), (0, 1), (0.5, 1)]
_CONTAINERS = {"prores": (".mov", ".mkv"), "ffv1": (".mkv", ".mov")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How pictures are stored.

    Args:
        codec: a key of `CODECS`.
        pixel_format: name, as of FFmpeg.
        colour: tags that are written.
        options: of the encoder.
        tag: four letters by which some players know the codec, "" for the container's own.
    """

    codec: str
    pixel_format: str
    colour: ColourTags
    options: dict[str, str] = field(default_factory=dict[str, str])
    tag: str = ""


def encoding_for(
    like: VideoInfo, suffix: str, *, native: bool, codec: str = "auto", crf: int | None = None, preset: str
) -> Encoding:
    """Choose how to encode what is made from a piece of footage.

    Args:
        like: the footage.
        suffix: of the file, with its dot.
        native: whether pictures come in the footage's own format, see `is_native`; of RGB else, in 8-bit
            4:2:0, or 4:4:4 where a side is odd, or what is next to that where the codec has neither.
        codec: a key of `CODECS`, or "auto": the footage's own where it is one of these, else H.264 for 8 bits
            and HEVC for more.
        crf: constant quality, 0 to 51; what is hard to tell from the original where None.
        preset: speed of the encoder, "ultrafast" to "veryslow".

    Raises:
        MediaError: the codec cannot do that or has no quality to be set, or the container cannot hold it.
    """
    formats = [like.pixel_format] if native else _plain_formats(like)
    colour = like.colour if native else like.colour.written
    name = _auto(like, formats[0], suffix) if codec == "auto" else codec
    if name not in CODECS:
        raise MediaError(f"there is no codec {codec!r}", f"use one of auto, {', '.join(CODECS)}")
    if suffix.lower() not in _CONTAINERS.get(name, (suffix.lower(),)):
        raise MediaError(
            f"{suffix} cannot hold {name}", f"name the output {' or '.join(_CONTAINERS[name])}, or use h264"
        )
    pixel_format = next((each for each in formats if each in _formats(name)), None)
    if pixel_format is None:
        raise MediaError(
            f"{name} cannot store pictures in {formats[0]}, the footage's own format",
            "use --codec auto, which takes one that can",
        )
    if crf is not None and not 0 <= crf <= _MOST_CRF:
        raise MediaError(f"the quality (crf) is {crf}", f"give 0 (lossless) to {_MOST_CRF}")
    if crf is not None and name not in _CRF:
        why = f", in which {like.path.name} is, too," if codec == "auto" else ""
        raise MediaError(
            f"a quality (crf) is given, and {name}{why} has none", "leave --crf away, or add --codec hevc"
        )
    options: dict[str, str] = {}
    if name in _CRF:
        options = {"crf": str(_CRF[name] if crf is None else crf), "preset": preset}
    # what was tone-mapped is not HDR any more
    more = like.light.encoder_options(name) if native else {}
    if native and "420" in pixel_format and like.chroma_site != USUAL_SITE and name in _PARAMETERS:
        more["chromaloc"] = str(_PLACES.index(like.chroma_site))
    if name == "hevc":
        more["log-level"] = "error"
    if crf == 0 and name == "hevc":  # a quality of 0 alone is not lossless
        more["lossless"] = "1"
    elif crf == 0:
        options = {"qp": "0", "preset": preset}
    if more:
        options[_PARAMETERS[name]] = ":".join(f"{key}={value}" for key, value in more.items())
    tag = "hvc1" if name == "hevc" and suffix.lower() in (".mp4", ".mov", ".m4v") else ""
    return Encoding(codec=name, pixel_format=pixel_format, colour=colour, options=options, tag=tag)


def is_native(like: VideoInfo) -> bool:
    """Whether footage's pictures can be changed and encoded in their own format."""
    if like.pixel_format not in EDITABLE:
        return False
    kind = av.VideoFormat(like.pixel_format)
    across, down = 16 // kind.chroma_width(16), 16 // kind.chroma_height(16)
    is_whole = like.coded_width_px % across == 0 and like.coded_height_px % down == 0
    return is_whole and any(like.pixel_format in _formats(name) for name in ("h264", "hevc"))


def _plain_formats(like: VideoInfo) -> list[str]:
    """What RGB of 8 bits may be stored in, the best first."""
    # 4:2:0 stores one colour for 2x2 pixels, of which H.264 cannot crop half
    if like.coded_width_px % 2 or like.coded_height_px % 2:
        return ["yuv444p", "yuv444p10le"]
    return ["yuv420p", "yuv422p10le"]


def _auto(like: VideoInfo, pixel_format: str, suffix: str) -> str:
    own = like.codec if like.codec in CODECS else ""
    if own and pixel_format in _formats(own) and suffix.lower() in _CONTAINERS.get(own, (suffix.lower(),)):
        return own
    is_deep = av.VideoFormat(pixel_format).components[0].bits > 8
    return "hevc" if is_deep and pixel_format in _formats("hevc") else "h264"


@cache
def _formats(codec: str) -> frozenset[str]:
    return frozenset(each.name for each in av.Codec(CODECS[codec], "w").video_formats or ())
