"""Whether sound and picture still belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from understudy.media.probe import Kind

Span = tuple[Fraction, Fraction]  # start, end in seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncFigures:
    """How an output's streams lie against the target's, in milliseconds; None without sound.

    Args:
        video_duration: difference of the videos' durations.
        audio_start: difference of the audio's start, each counted from its own video's start.
        audio_duration: difference of the audio's durations; sound lost or added counts in full.
    """

    video_duration: float
    audio_start: float | None
    audio_duration: float | None

    @property
    def largest(self) -> float:
        """The largest absolute one."""
        known = (self.video_duration, self.audio_start, self.audio_duration)
        return max(abs(value) for value in known if value is not None)


def sync_figures(output: Mapping[Kind, Span], target: Mapping[Kind, Span]) -> SyncFigures | None:
    """Compare the streams of an output with those of its target.

    Args:
        output: kind of stream to (start, end) in seconds; see `understudy.media.probe.stream_spans`.
        target: the same of the target.

    Returns:
        The figures, None where either has no video.
    """
    if "video" not in output or "video" not in target:
        return None
    has_audio = "audio" in output or "audio" in target
    both_have = "audio" in output and "audio" in target
    return SyncFigures(
        video_duration=_ms(_length(output, "video") - _length(target, "video")),
        audio_start=_ms(_lag(output) - _lag(target)) if both_have else None,
        audio_duration=_ms(_length(output, "audio") - _length(target, "audio")) if has_audio else None,
    )


def _length(spans: Mapping[Kind, Span], kind: Kind) -> Fraction:
    start, end = spans.get(kind, (Fraction(0), Fraction(0)))
    return end - start


def _lag(spans: Mapping[Kind, Span]) -> Fraction:
    """How long after the video the audio starts, seconds."""
    return spans["audio"][0] - spans["video"][0]


def _ms(seconds: Fraction) -> float:
    return float(seconds * 1000)
