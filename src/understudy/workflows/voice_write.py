"""A recording said in a voice, written, marked and signed: what `voice convert` and `voice say` share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.core.errors import ConfigError
from understudy.core.events import Notice, OnEvent, Written
from understudy.core.files import check_writable, written_aside
from understudy.media.sound import SoundReader
from understudy.media.sound_writer import check_sound_name, write_sound
from understudy.provenance.certificate import Signer
from understudy.provenance.manifest import Ingredient
from understudy.speech.frames import RATE_HZ
from understudy.speech.samples import remarks_on
from understudy.workflows.consent import consent_note
from understudy.workflows.signer import check_signing
from understudy.workflows.voice_chosen import ChosenVoice
from understudy.workflows.voice_configs import VoiceOutput
from understudy.workflows.voice_signing import VOICE_DONE, sound_payload, voice_seal, voice_tags

MOST_SEMITONES = 24.0


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What is to be said in another voice.

    Args:
        path: the recording.
        digest: of what was given; the watermark depends on it.
        made_of: what the manifest names that was given.
        command: that does it.
        settings: what was asked besides.
        done: what was done, in a few words.
    """

    path: Path
    digest: str
    made_of: Sequence[Ingredient]
    command: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    done: str = VOICE_DONE


def checked_voice(config: VoiceOutput) -> tuple[ChosenVoice, Signer]:
    """The voice, and who signs; what would be refused at the end is refused before the work.

    Raises:
        ConfigError: no such speaker, pitch or certificate.
        ConsentError: no record says that the voice may be used.
        MediaError: the output is no sound file.
        ModelError: the model cannot be loaded.
        UnderstudyError: the output cannot be written.
    """
    check_sound_name(config.out)
    if not -MOST_SEMITONES <= config.pitch <= MOST_SEMITONES:
        raise ConfigError(
            f"a pitch of {config.pitch:g} semitones", f"give {-MOST_SEMITONES:g} to {MOST_SEMITONES:g}"
        )
    voice = ChosenVoice.of(config.model, config.as_name)
    voice.check_agreed(config.consent)
    signer = check_signing(config.cert, config.key)
    check_writable(config.out)
    return voice, signer


def write_voice(
    config: VoiceOutput, chosen: tuple[ChosenVoice, Signer], given: Heard, on_event: OnEvent
) -> tuple[float, list[str]]:
    """Say it.

    Args:
        config: of it.
        chosen: from `checked_voice`.
        given: what is said.
        on_event: hears of progress, warnings and what is written.

    Returns:
        Its length in seconds, and what the user should know.

    Raises:
        ConsentError: no record says that the voice may be used.
        MediaError: the recording cannot be read, nobody speaks, or the output cannot be written.
    """
    voice, signer = chosen
    heard, found = voice.listen(given.path)
    consent = voice.agreed(config.consent, on_event)
    warnings = [*consent.warnings, *found]
    settings = {"as": voice.entry.name, "pitch": config.pitch, "watermark": config.watermark}
    making = {
        "command": given.command,
        "model": voice.said_of_model,
        "settings": {**settings, **given.settings},
        "consent": consent.said,
    }
    payload = sound_payload(given.digest, making) if config.watermark else None
    seal = voice_seal(config.out, voice, making, given.made_of, signer, payload=payload, done=given.done)
    reader = SoundReader(path=given.path, rate_hz=RATE_HZ)
    with written_aside(config.out) as aside:
        blocks = voice.says(reader, heard, on_event, semitones=config.pitch, payload=payload)
        samples = write_sound(aside, blocks, RATE_HZ, voice_tags(consent_note(consent)))
        said = [*reader.warnings, *remarks_on(given.path, reader)]
        warnings += [message for message in said if message not in warnings]
        seal([aside])
    for message in warnings:
        on_event(Notice(message=message))
    on_event(Written(path=config.out, what="speech"))
    return samples / RATE_HZ, warnings
