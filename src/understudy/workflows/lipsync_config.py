"""What `lipsync` needs to know and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from understudy.core.errors import ConfigError
from understudy.workflows.choices import nearest

Length = Literal["pingpong", "cut", "footage"]
LENGTHS: tuple[str, ...] = get_args(Length)
_MOST_STRENGTH = 2.0


@dataclass(frozen=True, kw_only=True)
class LipsyncConfig:
    """Footage of somebody, and what they shall say.

    Args:
        footage: a video, or images, that shows the face.
        speech: a file with the sound; of footage its sound.
        out: video, or numbered images.
        learn: further footage in which the person talks, of which lips are learnt: videos, folders of videos
            and patterns.
        learn_speaker: footage in which whoever says the speech talks, likewise: what their sounds do to lips.
        length: "pingpong": as long as the speech, the footage played forth and back where it is shorter;
            "cut": as long as the shorter of both; "footage": as long as the footage.
        strength: how far the mouth moves, 1 as learnt.
        person: whose face of the footage, by how often they are seen: 1 is who is seen most.
        seed: of learning.
        codec: of a video, see `media.encoding`.
        crf: likewise.
        identity: who is in the footage, as their record is called; the footage's name where None.
        consent: why their face may be used, where there is no record of it yet; see `workflows.consent`.
        cert: certificates to sign with; this machine's own where None.
        key: of `cert`.
        watermark: put an invisible mark into the part of the face that is changed.
        label: visible label in a corner; none where None.
        thumbnails: whether the manifest shows small pictures of the footage.
    """

    footage: Path
    speech: Path
    out: Path
    learn: tuple[Path, ...] = ()
    learn_speaker: tuple[Path, ...] = ()
    length: str = "pingpong"
    strength: float = 1.0
    person: int = 1
    seed: int = 0
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
        if self.length not in LENGTHS:
            raise ConfigError(f"there is no length {self.length!r}", nearest(self.length, LENGTHS))
        if self.person < 1:
            raise ConfigError(f"person {self.person} is no place", "1 is who is seen most")
        if not 0 <= self.strength <= _MOST_STRENGTH:
            raise ConfigError(f"the strength is {self.strength:g}", f"give 0 to {_MOST_STRENGTH:g}")
        if self.seed < 0:
            raise ConfigError(f"the seed is {self.seed}", "give 0 or more")


@dataclass(frozen=True, kw_only=True)
class LipsyncResult:
    """What was made.

    Args:
        output: the video, or the pattern of the images.
        frames: of it.
        animated: frames in which the mouth was drawn.
        speech_s: seconds of the speech in which somebody speaks.
        learnt_s: seconds of talking that lips were learnt from, the speaker's, too.
        learnt_r: correlation of the person's lips' distance with the real one, in parts that were not learnt
            from.
        offset_ms: how much later than its picture the sound of the person's footage is; it is corrected.
        identity: whose record it was made by.
        width_px: of the output.
        height_px: likewise.
        fps: frames made a second of work.
        seconds: of work.
        peak_rss_mb: most memory held.
        warnings: a line each.
    """

    output: Path
    frames: int
    animated: int
    speech_s: float
    learnt_s: float
    learnt_r: float
    offset_ms: float
    identity: str
    width_px: int
    height_px: int
    fps: float
    seconds: float
    peak_rss_mb: float
    warnings: list[str] = field(default_factory=list[str])
