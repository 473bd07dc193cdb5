"""What `animate` needs to know and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from understudy.core.errors import ConfigError
from understudy.workflows.choices import LEARNED, METHODS, WARP

SIZE_PX = 1280  # longest side of a video that is made from a photo
_LEAST_SIZE_PX, _MOST_SIZE_PX = 64, 8192
_MOST_STRENGTH = 2.0


@dataclass(frozen=True, kw_only=True)
class AnimateConfig:
    """A photo, or footage, and the expression that its face is given.

    Args:
        photo: a picture, or footage in which only the expression is replaced.
        out: video, numbered images, or for one expression a picture.
        driving: whose expression is taken: footage, or a file that `expression read` wrote.
        expression: instead of that, named values; see `expression_words`.
        person: whose face of the driving footage, by how often they are seen: 1 is who is seen most.
        photo_person: whose face of the photo, by size; of footage by how often they are seen.
        strength: how far expressions are shown, 1 as they are.
        keep_pose: leave the head as it is in the photo.
        model: trained with the photo's person: draws the moved face anew; none where None.
        method: "warp" bends the photo; "learned" has an animator mend what was bent (experimental).
        animator: folder of the animator; None unless learned.
        size: longest side in px, at most, of what is made from a photo; where None `SIZE_PX` of a video, and
            the photo's own of a picture.
        codec: of a video, see `media.encoding`.
        crf: likewise.
        identity: who is in the photo, as their record is called; the photo's name where None.
        consent: why their face may be used, where there is no record of it yet; see `workflows.consent`.
        cert: certificates to sign with; this machine's own where None.
        key: of `cert`.
        watermark: put an invisible mark into the face of moving pictures.
        label: visible label in a corner; none where None.
        thumbnails: whether the manifest shows small pictures of photo and driving.
    """

    photo: Path
    out: Path
    driving: Path | None = None
    expression: str | Mapping[str, float] | None = None
    person: int = 1
    photo_person: int = 1
    strength: float = 1.0
    keep_pose: bool = False
    model: Path | None = None
    method: str = WARP
    animator: Path | None = None
    size: int | None = None
    codec: str = "auto"
    crf: int | None = None
    identity: str | None = None
    consent: str | None = None
    cert: Path | None = None
    key: Path | None = None
    watermark: bool = True
    label: str | None = None
    thumbnails: bool = True

    def __post_init__(self) -> None:
        if (self.driving is None) == (self.expression is None):
            what = "neither a driving nor an expression is" if self.driving is None else "both are"
            raise ConfigError(
                f"{what} given", "give --driving VIDEO, --driving CURVES.json, or --expression NAME=VALUE"
            )
        if self.method not in METHODS:
            raise ConfigError(f"unknown method {self.method!r}", f"use {' or '.join(METHODS)}")
        if (self.method == LEARNED) != (self.animator is not None):
            missing = "no animator is" if self.animator is None else "an animator and another method are"
            raise ConfigError(f"{missing} given", "give both: --method learned --animator FOLDER")
        for what, number in (("person", self.person), ("photo person", self.photo_person)):
            if number < 1:
                raise ConfigError(f"{what} {number} is no place", "1 is the first")
        if self.person != 1 and self.driving is None:
            raise ConfigError("a person of the driving is named, and none is given", "leave it away")
        if not 0 <= self.strength <= _MOST_STRENGTH:
            raise ConfigError(f"the strength is {self.strength:g}", f"give 0 to {_MOST_STRENGTH:g}")
        if self.size is not None and not _LEAST_SIZE_PX <= self.size <= _MOST_SIZE_PX:
            raise ConfigError(
                f"a longest side of {self.size} px", f"give {_LEAST_SIZE_PX} to {_MOST_SIZE_PX}"
            )


@dataclass(frozen=True, kw_only=True)
class AnimateResult:
    """What was made.

    Args:
        output: the video, the pattern of the images, or the picture.
        frames: of it.
        animated: frames in which the face was given an expression.
        held: frames in which the driving shows no face, so that what was seen last was held.
        width_px: of the output.
        height_px: likewise.
        identity: whose record it was made by.
        fps: frames made a second of work.
        seconds: of work.
        peak_rss_mb: most memory held.
        warnings: a line each.
    """

    output: Path
    frames: int
    animated: int
    held: int
    width_px: int
    height_px: int
    identity: str
    fps: float
    seconds: float
    peak_rss_mb: float
    warnings: list[str] = field(default_factory=list[str])
