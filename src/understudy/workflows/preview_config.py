"""Which frames of a conversion are shown before the whole is made, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from understudy.core.errors import ConfigError
from understudy.media.patterns import has_number
from understudy.workflows.choices import AUTO, BLENDS, COLOURS
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.convert import look_of
from understudy.workflows.convert_compose import Look

Way = tuple[str, str]  # blend and colours


@dataclass(frozen=True, kw_only=True)
class PreviewConfig:
    """Which frames of a conversion are shown, and how.

    Args:
        conversion: what would be converted; its `out` is the picture that is written.
        frames: positions from 0 where they are int, seconds since the first frame where they are float.
        is_grid: whether faces are set side by side in several ways, else the one frame is written.
        colours: ways to match colours that a grid shows; all where there is none.
        blends: likewise of joining.
    """

    conversion: ConvertConfig
    frames: tuple[int | float, ...]
    is_grid: bool = False
    colours: tuple[str, ...] = ()
    blends: tuple[str, ...] = ()

    @property
    def look(self) -> Look:
        """How the frame as a whole looks; raises ConfigError."""
        first = {name: ways[0] for name, ways in (("colour", self.colours), ("blend", self.blends)) if ways}
        return look_of(replace(self.conversion, **first))

    @property
    def looks(self) -> dict[Way, Look]:
        """What a grid shows, by blend and colours; raises ConfigError."""
        if not self.is_grid:
            return {}
        ways = product(self.blends or BLENDS, self.colours or COLOURS)
        return {way: look_of(replace(self.conversion, blend=way[0], colour=way[1])) for way in ways}


def asked(
    conversion: ConvertConfig,
    frames: Sequence[int | float],
    colour: str,
    blend: str | None,
    *,
    is_grid: bool,
) -> PreviewConfig:
    """What is asked for by options.

    Args:
        conversion: as of `PreviewConfig`.
        frames: likewise.
        colour: names with commas between; "auto" asks a grid for all.
        blend: likewise, None for all.
        is_grid: as of `PreviewConfig`.

    Raises:
        ConfigError: they do not go together.
    """
    if not frames:
        raise ConfigError("a grid shows some frames", "say which by --frame, as 0:12.4 or 310")
    if conversion.matte is not None or conversion.worst is not None:
        raise ConfigError("a preview has no matte and no list of worst frames", "leave these out")
    if conversion.voice is not None:
        raise ConfigError("a preview is a picture, which has no sound", "leave --voice out")
    if has_number(conversion.out):
        raise ConfigError("--frame writes one picture, and has no numbers", "name it, as --out frame.png")
    if conversion.jobs != 1:
        raise ConfigError("a preview is a few frames, which one process makes", "leave --jobs out")
    if conversion.codec != AUTO or conversion.crf is not None:
        raise ConfigError("a preview is a picture, which has no codec and no crf", "leave these out")
    if is_grid:
        colours = () if colour == AUTO else tuple(colour.split(","))
        blends = tuple(blend.split(",")) if blend else ()
        return PreviewConfig(
            conversion=conversion, frames=tuple(frames), is_grid=True, colours=colours, blends=blends
        )
    if len(frames) > 1:
        raise ConfigError(f"{len(frames)} frames do not go into one picture", "give one, or --grid")
    return PreviewConfig(conversion=conversion, frames=tuple(frames))
