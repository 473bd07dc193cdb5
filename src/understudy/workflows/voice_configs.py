"""What the voice commands are asked, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_STEPS = 1000


@dataclass(frozen=True, kw_only=True)
class VoiceTrainConfig:
    """Two people's speech to a voice model.

    Args:
        source: recordings of who is usually imitated: audio files, footage, folders of them.
        target: recordings of who is usually changed.
        out: model folder to write.
        source_name: what the first is called; as the first path where None.
        target_name: likewise.
        minutes: wall time to train for.
        steps: training steps instead; `DEFAULT_STEPS` where neither is given.
        seed: of every random choice.
        consent: why the source's voice may be used; see `consent.agreed`.
    """

    source: tuple[Path, ...]
    target: tuple[Path, ...]
    out: Path
    source_name: str | None = None
    target_name: str | None = None
    minutes: float | None = None
    steps: int | None = None
    seed: int = 0
    consent: str | None = None


@dataclass(frozen=True, kw_only=True)
class VoiceTrainResult:
    """What training reached.

    Args:
        model: the folder.
        speakers: names; either is a voice that can be asked for.
        speech_s: seconds of speech by name.
        noise_db: how far below the speech the noise lies, by name.
        steps: done.
        seconds: of training, without analysis.
        own_db: mean mel-cepstral distance of what decoders say to their own speaker's speech.
        matched_db: the same to the other's rows that sound alike.
        peak_rss_mb: most memory held.
        warnings: what the user should know.
    """

    model: Path
    speakers: list[str]
    speech_s: dict[str, float]
    noise_db: dict[str, float]
    steps: int
    seconds: float
    own_db: float
    matched_db: float
    peak_rss_mb: float
    warnings: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, kw_only=True)
class VoiceOutput:
    """What is said in a voice, whatever is said.

    Args:
        model: folder of the voice model.
        out: sound file to write: .wav, .flac, .mp3 or .m4a.
        as_name: whose voice; the model's source where None.
        pitch: semitones higher or lower than that voice.
        watermark: whether the speech carries an invisible mark, as faces do.
        consent: why that voice may be used; see `consent.agreed`.
        cert: certificates to sign with; this machine's own where None.
        key: key of `cert`.
    """

    model: Path
    out: Path
    as_name: str | None = None
    pitch: float = 0.0
    watermark: bool = True
    consent: str | None = None
    cert: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, kw_only=True)
class VoiceConvertConfig(VoiceOutput):
    """Speech and a voice model to the same speech in another voice.

    Args:
        speech: an audio file, or footage with sound.
    """

    speech: Path


@dataclass(frozen=True, kw_only=True)
class VoiceSayConfig(VoiceOutput):
    """Text and a voice model to speech.

    Args:
        text: what is said.
        speaker_command: program that says it first; see `text_speaker`. One that is installed where None.
    """

    text: str
    speaker_command: str | None = None


@dataclass(frozen=True, kw_only=True)
class VoiceConvertResult:
    """What was written.

    Args:
        output: the sound file.
        speaker: whose voice.
        length_s: of the output.
        seconds: it took.
        realtime: seconds it took for each second of speech.
        peak_rss_mb: most memory held.
        warnings: what the user should know.
    """

    output: Path
    speaker: str
    length_s: float
    seconds: float
    realtime: float
    peak_rss_mb: float
    warnings: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, kw_only=True)
class VoiceSayResult(VoiceConvertResult):
    """What was written; the rest as in `VoiceConvertResult`.

    Args:
        program: what said the text first.
    """

    program: str
