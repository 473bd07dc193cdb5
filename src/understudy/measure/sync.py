"""Whether sound and picture still belong together."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """When one stream begins and how long it lasts.

    Args:
        start_s: time of the first packet, seconds.
        duration_s: from the first packet's start to the last one's end, seconds.
    """

    start_s: Fraction
    duration_s: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncFigures:
    """How an output's streams lie against the target's, in milliseconds; None without sound.

    Args:
        video_duration: difference of the videos' durations.
        audio_start: difference of the audio's start, each counted from its own video's start.
        audio_duration: difference of the audio's durations.
    """

    video_duration: float
    audio_start: float | None
    audio_duration: float | None

    @property
    def largest(self) -> float:
        """The largest absolute one."""
        known = (self.video_duration, self.audio_start, self.audio_duration)
        return max(abs(value) for value in known if value is not None)


def sync_figures(
    output_video: Span, output_audio: Span | None, target_video: Span, target_audio: Span | None
) -> SyncFigures:
    """Compare the streams of an output with those of its target.

    Args:
        output_video: video of the output.
        output_audio: its audio, None without.
        target_video: video of the target.
        target_audio: its audio, None without; sound lost or added is measured by its full length.
    """
    video = _ms(output_video.duration_s - target_video.duration_s)
    if output_audio is None and target_audio is None:
        return SyncFigures(video_duration=video, audio_start=None, audio_duration=None)
    if output_audio is None or target_audio is None:
        length = (
            _ms(output_audio.duration_s)
            if output_audio
            else -_ms(target_audio.duration_s if target_audio else Fraction(0))
        )
        return SyncFigures(video_duration=video, audio_start=None, audio_duration=length)
    output_lag = output_audio.start_s - output_video.start_s
    target_lag = target_audio.start_s - target_video.start_s
    return SyncFigures(
        video_duration=video,
        audio_start=_ms(output_lag - target_lag),
        audio_duration=_ms(output_audio.duration_s - target_audio.duration_s),
    )


def _ms(seconds: Fraction) -> float:
    return float(seconds * 1000)
