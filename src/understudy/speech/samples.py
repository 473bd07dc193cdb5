"""Speech of one person from audio files, folders of them, or footage, fit to learn a voice from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from understudy.core.errors import MediaError
from understudy.media.footage import VIDEO_SUFFIXES
from understudy.media.sound import SOUND_SUFFIXES, SoundReader
from understudy.speech.activity import SpeechQuality
from understudy.speech.crowd import sounds_like_several
from understudy.speech.frames import RATE_HZ, SpeechFrames, Vocoder
from understudy.speech.listening import Heard, Listener, levelled, pieces_of

LEAST_SPEECH_S = 20.0  # to learn a voice from
LEAST_NOISE_DB = 15.0  # that noise must lie below speech
MOST_PIECE_S = 60.0  # long recordings are analysed in pieces
MOST_SPEECH_S = 600.0  # that are learnt from; more makes training slow and little better
_SHORTEST_S = 0.5  # of a recording
_MUCH_CLIPPED = 0.002  # share of samples
_NARROW_HZ = 16_000  # a lower rate has no consonants above 8 kHz


@dataclass(kw_only=True)
class VoiceSamples:
    """What there is of one speaker.

    Args:
        recordings: analysed speech.
        files: that it is of.
        digest: SHA-256 of what was learnt from, 64 hex digits.
        speech_s: seconds in which somebody speaks.
        noise_db: how far below the speech the noise lies, the median of the recordings.
        warnings: what is wrong with it.
    """

    recordings: list[SpeechFrames] = field(default_factory=list[SpeechFrames])
    files: list[Path] = field(default_factory=list[Path])
    digest: str = ""
    speech_s: float = 0.0
    noise_db: float = 0.0
    warnings: list[str] = field(default_factory=list[str])


def sound_files(paths: Sequence[Path]) -> list[Path]:
    """The files that are meant: those given, and all that hold sound in folders given and in theirs.

    Raises:
        MediaError: one does not exist, or a folder holds none.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise MediaError(f"{path} does not exist", "check the path")
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(
            one
            for one in path.rglob("*")
            if one.suffix.lower() in SOUND_SUFFIXES | (VIDEO_SUFFIXES - {".gif"})
            and one.is_file()
            and not one.name.startswith(".")
        )
        if not inside:
            raise MediaError(
                f"{path} holds no sound files", "give recordings of one speaker, or a folder of them"
            )
        found += inside
    return found


def collect(
    paths: Sequence[Path],
    name: str,
    vocoder: Vocoder,
    on_file: Callable[[int, int], None] = lambda *_: None,
) -> VoiceSamples:
    """Read and measure all recordings of a speaker.

    Args:
        paths: files, footage and folders.
        name: of the speaker, for messages.
        vocoder: takes speech apart.
        on_file: hears of files done and of how many there are.

    Raises:
        MediaError: nothing can be read, nobody speaks, or there is too little or too noisy speech.
    """
    files = sound_files(paths)
    samples = VoiceSamples()
    digest = hashlib.sha256()
    qualities: list[SpeechQuality] = []
    refused: list[MediaError] = []
    for number, path in enumerate(files):
        if samples.speech_s < MOST_SPEECH_S:
            try:
                _add(path, vocoder, samples, digest, qualities)
            except MediaError as error:
                refused.append(error)
        on_file(number + 1, len(files))
    lengths = [one.length_s for one in qualities]
    if not qualities and refused:
        first = refused[0]
        raise MediaError(first.what, first.next_step if len(refused) == 1 else f"give recordings of {name}")
    samples.warnings += [str(error) for error in refused]
    samples.digest = digest.hexdigest()
    samples.noise_db = float(np.median([one.noise_db for one in qualities])) if qualities else 0.0
    _check(samples, name, sum(lengths))
    if sounds_like_several(samples.recordings):
        samples.warnings.append(
            f"more than one person seems to speak in the recordings of {name}: leave out what others say"
        )
    return samples


def _add(
    path: Path,
    vocoder: Vocoder,
    samples: VoiceSamples,
    digest: hashlib._Hash,  # pyright: ignore[reportPrivateUsage]
    qualities: list[SpeechQuality],
) -> None:
    reader = SoundReader(path=path, rate_hz=RATE_HZ)
    listener = Listener(vocoder=vocoder)
    kept: list[Heard] = []
    length = 0
    with closing(iter(reader)) as opened:
        for piece in pieces_of(opened, MOST_PIECE_S):
            length += len(piece)
            digest.update(np.ascontiguousarray(piece).tobytes())
            if len(piece) < _SHORTEST_S * RATE_HZ:
                continue
            heard = listener.hear(piece)
            qualities.append(heard.quality)
            if heard.quality.is_speech:
                kept.append(heard)
                samples.speech_s += heard.quality.speech_s
            if samples.speech_s >= MOST_SPEECH_S:
                break
    samples.warnings += reader.warnings + remarks_on(path, reader)
    if kept:
        samples.recordings += levelled(kept)[0]
        samples.files.append(path)
    elif length >= _SHORTEST_S * RATE_HZ:
        samples.warnings.append(f"nobody speaks in {path}; it is left out")


def remarks_on(path: Path, reader: SoundReader) -> list[str]:
    """What is wrong with how a file was recorded; its clipping is known once it was read to its end."""
    remarks: list[str] = []
    if reader.clipped > _MUCH_CLIPPED:
        remarks.append(
            f"{path} is clipped: {100 * reader.clipped:.1f} % of it stands at full scale; record it softer"
        )
    if 0 < reader.own_rate_hz < _NARROW_HZ:
        remarks.append(
            f"{path} has {reader.own_rate_hz} Hz: what is said with it sounds dull, like a telephone"
        )
    return remarks


def _check(samples: VoiceSamples, name: str, length_s: float) -> None:
    """Refuse what no voice can be learnt from."""
    if not samples.recordings or not any(one.is_voiced.any() for one in samples.recordings):
        raise MediaError(
            f"nobody speaks in the {length_s:.0f} s of sound of {name}",
            "give recordings of one person speaking, without music",
        )
    if samples.speech_s < LEAST_SPEECH_S:
        raise MediaError(
            f"there are {samples.speech_s:.0f} s of speech of {name}, and {LEAST_SPEECH_S:.0f} s are needed",
            "give more; a minute or two is better",
        )
    if samples.noise_db < LEAST_NOISE_DB:
        raise MediaError(
            f"the speech of {name} is too noisy: it is {samples.noise_db:.0f} dB above the noise, and "
            f"{LEAST_NOISE_DB:.0f} dB are needed",
            "record it nearer to the microphone, in a quiet room",
        )
