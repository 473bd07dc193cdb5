"""Voices: learn two, and say in one what was said in the other."""

from __future__ import annotations

from pathlib import Path

from understudy.api.paths import AnyPath, OneOrMorePaths, all_paths, maybe_consent, maybe_path
from understudy.core.events import OnEvent, ignore
from understudy.workflows.voice_configs import (
    VoiceConvertConfig,
    VoiceConvertResult,
    VoiceSayConfig,
    VoiceSayResult,
    VoiceTrainConfig,
    VoiceTrainResult,
)


def voice_train(
    source: OneOrMorePaths,
    target: OneOrMorePaths,
    out: AnyPath,
    *,
    source_name: str | None = None,
    target_name: str | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    seed: int = 0,
    consent: AnyPath | None = None,
    on_event: OnEvent = ignore,
) -> VoiceTrainResult:
    """Train a voice model on speech of two people, who need not say the same.

    Args:
        source: recordings of who is usually imitated: audio files, footage, or folders of them.
        target: recordings of who is usually changed.
        out: model folder to write.
        source_name: what the source is called; as the first file or folder where None.
        target_name: what the target is called; likewise.
        minutes: wall time to train for.
        steps: training steps instead of minutes; 1000 where neither is given.
        seed: seed of every random choice.
        consent: why the source's voice may be used, where there is no record yet: a file that shows
            it (a signed release), "self", "rendered" or "public-domain:WHY". It is recorded, once.
        on_event: hears of progress, warnings and what is written.

    Returns:
        What was learnt from, and what training reached.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import voice_train as workflow

    config = VoiceTrainConfig(
        source=all_paths(source),
        target=all_paths(target),
        out=Path(out),
        source_name=source_name,
        target_name=target_name,
        minutes=minutes,
        steps=steps,
        seed=seed,
        consent=maybe_consent(consent),
    )
    return workflow.run(config, on_event)


def voice_convert(
    speech: AnyPath,
    model: AnyPath,
    out: AnyPath,
    *,
    as_name: str | None = None,
    pitch: float = 0.0,
    watermark: bool = True,
    consent: AnyPath | None = None,
    cert: AnyPath | None = None,
    key: AnyPath | None = None,
    on_event: OnEvent = ignore,
) -> VoiceConvertResult:
    """Say in a model's voice what was said in another, in the same rhythm and as loud.

    Args:
        speech: an audio file, or footage with sound, of any length.
        model: folder of a voice model.
        out: sound file to write: .wav, .flac, .mp3 or .m4a; signed, with a manifest inside.
        as_name: whose voice; the model's source where None.
        pitch: semitones higher or lower than that voice.
        watermark: put a faint mark into the speech, which `verify` can find after compression and at other
            sample rates (docs/watermark.md). The manifest says whether it is there.
        consent: why that voice may be used, where there is no record yet; see `voice_train`.
        cert: certificates to sign with, PEM; this machine's own where None.
        key: key of `cert`, PEM.
        on_event: hears of progress, warnings and what is written.

    Returns:
        What was written, and how long it took.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import voice_convert as workflow

    config = VoiceConvertConfig(
        speech=Path(speech),
        model=Path(model),
        out=Path(out),
        as_name=as_name,
        pitch=pitch,
        watermark=watermark,
        consent=maybe_consent(consent),
        cert=maybe_path(cert),
        key=maybe_path(key),
    )
    return workflow.run(config, on_event)


def voice_say(
    text: str,
    model: AnyPath,
    out: AnyPath,
    *,
    as_name: str | None = None,
    pitch: float = 0.0,
    speaker_command: str | None = None,
    watermark: bool = True,
    consent: AnyPath | None = None,
    cert: AnyPath | None = None,
    key: AnyPath | None = None,
    on_event: OnEvent = ignore,
) -> VoiceSayResult:
    """Say a text in a model's voice: a text-to-speech program says it first, and that is converted.

    Args:
        text: what is said.
        model: folder of a voice model.
        out: sound file to write, as of `voice_convert`.
        as_name: whose voice; the model's source where None.
        pitch: semitones higher or lower than that voice.
        speaker_command: the program and what it is given, as in a shell: it reads the text from its input and
            writes a sound file to `{out}`, or to its output where that is not named. espeak-ng where None.
        watermark: as of `voice_convert`.
        consent: why that voice may be used, where there is no record yet; see `voice_train`.
        cert: certificates to sign with, PEM; this machine's own where None.
        key: key of `cert`, PEM.
        on_event: hears of progress, warnings and what is written.

    Returns:
        What was written, and by which program.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import voice_say as workflow

    config = VoiceSayConfig(
        text=text,
        model=Path(model),
        out=Path(out),
        as_name=as_name,
        pitch=pitch,
        speaker_command=speaker_command,
        watermark=watermark,
        consent=maybe_consent(consent),
        cert=maybe_path(cert),
        key=maybe_path(key),
    )
    return workflow.run(config, on_event)
