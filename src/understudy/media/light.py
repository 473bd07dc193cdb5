"""What HDR footage says of the screen that it was graded on, and of its brightest light."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import av
from av.sidedata.sidedata import SideData, Type

_CHROMA_UNITS, _LUMA_UNITS = 50000, 10000  # a unit of chromaticity, and of cd/m2, as encoders take them
_RATIONALS = struct.Struct("=22i")  # AVMasteringDisplayMetadata
_LEVELS = struct.Struct("=2I")  # AVContentLightMetadata


@dataclass(frozen=True, slots=True, kw_only=True)
class HdrLight:
    """Static HDR metadata, written as encoders take it.

    Args:
        mastering: the grading screen, "G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)"; "" where it is not stated.
        content: brightest pixel and brightest frame in cd/m2, "1000,400"; "" where they are not stated.

    Reference:
        SMPTE ST 2086; CTA-861.3.
    """

    mastering: str = ""
    content: str = ""

    def encoder_options(self, codec: str) -> dict[str, str]:
        """Parameters of an encoder by their names there; none of a codec but h264 and hevc."""
        names = {"hevc": ("master-display", "max-cll"), "h264": ("mastering-display", "cll")}.get(codec)
        if names is None:
            return {}
        return {
            name: value for name, value in zip(names, (self.mastering, self.content), strict=True) if value
        }


def light_of(picture: av.VideoFrame) -> HdrLight:
    """Read it off a decoded picture."""
    mastering = content = ""
    for each in picture.side_data:
        if not isinstance(each, SideData):
            continue
        if each.type == Type.MASTERING_DISPLAY_METADATA:
            mastering = _mastering(bytes(each))
        elif each.type == Type.CONTENT_LIGHT_LEVEL:
            content = "{},{}".format(*_LEVELS.unpack_from(bytes(each)))
    return HdrLight(mastering=mastering, content=content)


def _mastering(data: bytes) -> str:
    numbers = _RATIONALS.unpack_from(data)
    has_primaries, has_luminance = numbers[20:]
    if not has_primaries or not has_luminance or 0 in numbers[1:20:2]:
        return ""  # half of it is no metadata of either encoder

    def units(at: int, scale: int) -> int:
        return round(numbers[at] * scale / numbers[at + 1])

    # stored as red, green, blue, white; the darkest light before the brightest
    red, green, blue, white = (
        f"({units(at, _CHROMA_UNITS)},{units(at + 2, _CHROMA_UNITS)})" for at in (0, 4, 8, 12)
    )
    luminance = f"({units(18, _LUMA_UNITS)},{units(16, _LUMA_UNITS)})"
    return f"G{green}B{blue}R{red}WP{white}L{luminance}"
