"""Write one channel of sound as WAV, FLAC, MP3 or M4A."""

# PyAV leaves type parameters of its packets open.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.error import FFmpegError

from understudy.core.errors import MediaError
from understudy.media.sound import Samples

# by suffix: encoder, its sample format, bits a second where it loses any
_ENCODERS: Mapping[str, tuple[str, str, int | None]] = {
    ".wav": ("pcm_s16le", "s16", None),
    ".flac": ("flac", "s16", None),
    ".mp3": ("libmp3lame", "fltp", 128_000),
    ".m4a": ("aac", "fltp", 128_000),
}
WRITABLE_SOUND = tuple(_ENCODERS)


def check_sound_name(path: Path) -> None:
    """Refuse a name that says no kind of sound file that is written.

    Raises:
        MediaError: the suffix is none of `WRITABLE_SOUND`.
    """
    if path.suffix.lower() not in _ENCODERS:
        raise MediaError(f"{path.name} is no name of a sound file", f"end it in {', '.join(WRITABLE_SOUND)}")


def write_sound(
    path: Path, blocks: Iterable[Samples], rate_hz: int, tags: Mapping[str, str] | None = None
) -> int:
    """Write sound as it comes; louder than full scale is cut.

    Args:
        path: the file; its suffix says of which kind.
        blocks: (n,) float32 each, full scale at 1.
        rate_hz: of the blocks.
        tags: title, comment and so on.

    Returns:
        How many samples were written.

    Raises:
        MediaError: it cannot be written.
    """
    encoder, sample_format, bits = _ENCODERS[path.suffix.lower()]
    written = 0
    try:
        with av.open(f"file:{path}", "w") as container:
            container.metadata.update(tags or {})
            stream = cast(AudioStream, container.add_stream(encoder, rate=rate_hz, layout="mono"))
            stream.codec_context.format = av.AudioFormat(sample_format)
            if bits is not None:
                stream.bit_rate = bits
            for block in filter(len, blocks):  # FLAC has no memory for nothing
                frame = _frame(block, sample_format, rate_hz)
                frame.pts = written
                written += len(block)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    except (FFmpegError, OSError) as error:
        raise MediaError(
            f"cannot write {path.name} ({getattr(error, 'strerror', None) or error})",
            "see whether the disk is full, or choose another name",
        ) from error
    return written


def _frame(block: Samples, sample_format: str, rate_hz: int) -> av.AudioFrame:
    cut = np.clip(block, -1.0, 1.0)
    data: Any = np.round(cut * 32767.0).astype(np.int16) if sample_format == "s16" else cut
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(data[None]), format=sample_format, layout="mono")
    frame.sample_rate = rate_hz
    return frame
