"""Sound of a file as one channel of numbers, whatever its rate, channels and container."""

# PyAV leaves type parameters of its packets open.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.error import FFmpegError
from numpy.typing import NDArray

from understudy.core.errors import MediaError
from understudy.media.opening import open_container

Samples = NDArray[np.float32]  # (n,), one channel, full scale at 1

SOUND_SUFFIXES = frozenset(
    {
        ".aac",
        ".aif",
        ".aiff",
        ".caf",
        ".flac",
        ".m4a",
        ".mp3",
        ".oga",
        ".ogg",
        ".opus",
        ".w64",
        ".wav",
        ".wma",
    }
)
_BLOCK_S = 5.0
_FULL = 0.999  # of full scale: what cannot get any louder
_IN_PHASE = np.float32(np.sqrt(0.5))  # FFmpeg adds channels as if they had nothing in common
_JITTER_S = 0.02  # less than a frame, more than times are off that are rounded, or taken from a clock
_LONGEST_GAP_S = 3600.0
_SHORT_S = 0.25  # less than stated: rounding and an encoder's padding


@dataclass(kw_only=True)
class SoundReader:
    """The first audio stream of a file, block by block, once through.

    Iterate over it; what it says of the sound is complete afterwards.

    Args:
        path: an audio file or footage.
        rate_hz: of the blocks, whatever the file's own is.
        is_timed: whether times in the file count: of what it lacks there is silence, of what it says twice
            the first counts. Else one frame follows the other, as in recordings that nothing is in step with.
    """

    path: Path
    rate_hz: int
    is_timed: bool = False
    streams: int = 0  # with sound
    own_rate_hz: int = 0  # the file's
    channels: int = 0
    language: str | None = None  # as the container tags it
    start_s: float = 0.0  # presentation time of the first sample
    stated_s: float | None = None  # length that the file states
    read_s: float = 0.0  # how much sound was read
    twice_s: float = 0.0  # how much was left out, as the file says its time twice
    clipped: float = 0.0  # share of samples that stand at full scale beside another one
    warnings: list[str] = field(default_factory=list[str])

    def __iter__(self) -> Generator[Samples]:
        """Give blocks of some seconds, (n,) float32, channels mixed into one.

        Raises:
            MediaError: the file cannot be opened, or has no sound.
        """
        import soxr  # pyright: ignore[reportMissingTypeStubs] # its native part is loaded where it is needed

        resampler: soxr.ResampleStream | None = None
        waiting: list[Samples] = []
        for mono in self._mixed():
            if resampler is None and self.own_rate_hz != self.rate_hz:
                resampler = soxr.ResampleStream(self.own_rate_hz, self.rate_hz, 1, dtype="float32")
            waiting.append(resampler.resample_chunk(mono) if resampler else mono)
            if sum(map(len, waiting)) >= _BLOCK_S * self.rate_hz:
                yield np.concatenate(waiting)
                waiting = []
        if resampler is not None:
            waiting.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        if any(map(len, waiting)):
            yield np.concatenate(waiting)

    def _mixed(self) -> Generator[Samples]:
        """What the file holds, at its own rate."""
        with open_container(self.path, kind="sound") as container:
            stream = _audio_stream(container.streams.audio, self.path)
            self.streams = len(container.streams.audio)
            self.own_rate_hz, self.channels = stream.codec_context.sample_rate, stream.codec_context.channels
            self.language = stream.metadata.get("language")
            mixer: av.AudioResampler | None = None
            full, total = 0, 0
            if stream.duration and stream.time_base:
                self.stated_s = float(stream.duration * stream.time_base)
            frames = container.decode(stream)
            while (frame := self._next(frames)) is not None:
                own = _as_floats(frame)
                loud = np.abs(own) >= _FULL
                full += int((loud[:, 1:] & loud[:, :-1]).sum())
                total += own.size
                if mixer is None:  # some codecs find out with the first frame
                    self.start_s = float(frame.time or 0.0)
                    self.own_rate_hz, self.channels = frame.sample_rate, frame.layout.nb_channels
                    # FFmpeg knows what channels are for: seven and a bass are mixed as they are heard
                    mixer = av.AudioResampler(format="flt", layout="mono", rate=self.own_rate_hz)
                if frame.sample_rate != self.own_rate_hz or frame.layout.nb_channels != self.channels:
                    raise MediaError(
                        f"{self.path} changes its rate or channels after {self.read_s:.1f} s",
                        "convert it to one WAV first",
                    )
                for mixed in mixer.resample(frame):
                    mono = mixed.to_ndarray()[0].astype(np.float32, copy=False)
                    for part in self._in_time(mono, frame.time) if self.is_timed else (mono,):
                        self.read_s += len(part) / self.own_rate_hz
                        part = part * _IN_PHASE if self.channels > 1 else part
                        yield np.nan_to_num(part, nan=0.0, posinf=1.0, neginf=-1.0)
            self.clipped = full / total if total else 0.0
            if (self.stated_s and self.read_s < self.stated_s - _SHORT_S) or _lacks_bytes(self.path):
                self._warn_of_break()
            if self.twice_s > _SHORT_S:
                self.warnings.append(
                    f"the times of the sound of {self.path} go back: {self.twice_s:.1f} s are left out; "
                    "convert the file anew to keep them"
                )
        if not total:
            raise MediaError(f"{self.path} holds no sound that can be decoded", "give another file")

    def _in_time(self, mono: Samples, time_s: float | None) -> Iterator[Samples]:
        """A frame, behind silence where time is missing, or less of it where it was heard already."""
        apart = 0
        if time_s is not None:
            apart = round((time_s - self.start_s - self.read_s) * self.own_rate_hz)
        if abs(apart) < _JITTER_S * self.own_rate_hz:
            yield mono
            return
        if apart > _LONGEST_GAP_S * self.own_rate_hz:
            raise MediaError(
                f"the sound of {self.path} jumps by {apart / self.own_rate_hz:.0f} s", "convert the file anew"
            )
        block = round(_BLOCK_S * self.own_rate_hz)
        for start in range(0, apart, block):  # an hour of silence is never held at once
            yield np.zeros(min(block, apart - start), np.float32)
        if apart < 0:
            self.twice_s += min(-apart, len(mono)) / self.own_rate_hz
        yield mono[max(0, -apart) :]

    def _next(self, frames: Iterator[AudioFrame]) -> AudioFrame | None:
        """The next frame up to where the file breaks off."""
        try:
            return next(frames, None)
        except FFmpegError:
            self._warn_of_break()
            return None

    def _warn_of_break(self) -> None:
        if not self.warnings:
            self.warnings.append(f"{self.path} breaks off after {self.read_s:.1f} s; it is used up to there")


def read_sound(path: Path, rate_hz: int) -> tuple[Samples, SoundReader]:
    """All the sound of a file at once.

    Args:
        path: an audio file or footage.
        rate_hz: that is wanted.

    Returns:
        (n,) float32; and what is known of it.

    Raises:
        MediaError: the file cannot be opened, or has no sound.
    """
    reader = SoundReader(path=path, rate_hz=rate_hz)
    blocks = list(reader)
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32), reader


def _audio_stream(streams: tuple[AudioStream, ...], path: Path) -> AudioStream:
    for stream in streams:
        # no context where FFmpeg has no decoder, which PyAV's types do not say
        context = getattr(stream, "codec_context", None)
        if context is not None and context.sample_rate > 0:
            return stream
    raise MediaError(f"{path} has no sound", "give an audio file, or a video with sound")


def _lacks_bytes(path: Path) -> bool:
    """Whether a WAV file says that it is longer than it is; FFmpeg goes by what is there."""
    with path.open("rb") as file:
        head = file.read(8)
    stated = int.from_bytes(head[4:8], "little")
    # what is written into a pipe says 0 or the largest number
    return head[:4] == b"RIFF" and 0 < stated < 0xFFFF_FF00 and stated + 8 > path.stat().st_size + 1


def _as_floats(frame: AudioFrame) -> NDArray[np.float32]:
    """(channels, n) of a frame, full scale at 1."""
    array = frame.to_ndarray()
    if not frame.format.is_planar:  # one channel's sample behind the other's
        array = array.reshape(-1, frame.layout.nb_channels).T
    if array.dtype.kind == "f":
        return array.astype(np.float32, copy=False)
    if array.dtype == np.uint8:
        return (array.astype(np.float32) - 128.0) / 127.0
    return array.astype(np.float32) / float(1 << (8 * array.dtype.itemsize - 1))
