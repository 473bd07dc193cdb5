"""Speech and a voice model to the same speech in another voice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

from understudy.core.errors import ConfigError, MediaError
from understudy.core.events import Notice, OnEvent, Progress, Written, ignore
from understudy.core.files import peak_rss_mb, written_aside
from understudy.media.sound import Samples, SoundReader
from understudy.media.sound_writer import check_sound_name, write_sound
from understudy.provenance.sound_mark import SoundMark
from understudy.speech.frames import RATE_HZ
from understudy.speech.listening import Recording, listened
from understudy.speech.samples import remarks_on
from understudy.speech.voice_convert import change_for, spoken
from understudy.speech.voice_model import SpeakerEntry, VoiceModel, load_voice
from understudy.speech.world import WorldVocoder
from understudy.workflows.choices import nearest
from understudy.workflows.consent import agreed, check_agreed, consent_note
from understudy.workflows.signing import check_signing
from understudy.workflows.voice_configs import VoiceConvertConfig, VoiceConvertResult
from understudy.workflows.voice_signing import voice_seal, voice_tags

MOST_SEMITONES = 24.0
VIVID = 0.0  # see `VoiceChange`
_SHORTEST_S = 0.1
_NOISY_DB = 10.0


def run(config: VoiceConvertConfig, on_event: OnEvent = ignore) -> VoiceConvertResult:
    """Say what was said in a model's voice: as long, as loud, in the same rhythm.

    Raises:
        ConfigError: no such speaker, pitch or certificate, or the output is the speech itself.
        ConsentError: no record says that the voice may be used.
        MediaError: the speech cannot be read, nobody speaks, or the output cannot be written.
        ModelError: the model cannot be loaded.
    """
    started = time.monotonic()
    check_sound_name(config.out)
    if config.out.exists() and config.speech.exists() and config.out.samefile(config.speech):
        raise ConfigError(f"{config.out} is read and would be overwritten", "choose another name")
    if not -MOST_SEMITONES <= config.pitch <= MOST_SEMITONES:
        raise ConfigError(
            f"a pitch of {config.pitch:g} semitones", f"give {-MOST_SEMITONES:g} to {MOST_SEMITONES:g}"
        )
    model = load_voice(config.model)
    entry = _speaker(model, config.as_name)
    person = entry.consent.identity if entry.consent else entry.name
    check_agreed([person], "voice", config.consent)
    signer = check_signing(config.cert, config.key)
    heard, warnings = _listened(config)
    change = change_for(model, entry.name, heard, semitones=config.pitch, vivid=VIVID)
    consent = agreed({person: None}, "voice", config.consent, on_event)
    warnings = [*consent.warnings, *warnings]
    seal, payload = voice_seal(config, model, entry, consent, signer)
    reader = SoundReader(path=config.speech, rate_hz=RATE_HZ)
    with written_aside(config.out) as aside:
        blocks = spoken(_told(reader, on_event), WorldVocoder(), model, change)
        if payload is not None:
            blocks = SoundMark(payload).marked(blocks)
        tags = voice_tags(consent_note(consent))
        samples = write_sound(aside, blocks, RATE_HZ, tags)
        said = [*reader.warnings, *remarks_on(config.speech, reader)]
        warnings += [message for message in said if message not in warnings]
        seal([aside])
    for message in warnings:
        on_event(Notice(message=message))
    on_event(Written(path=config.out, what="speech"))
    seconds, length_s = time.monotonic() - started, samples / RATE_HZ
    return VoiceConvertResult(
        output=config.out,
        speaker=entry.name,
        length_s=length_s,
        seconds=seconds,
        realtime=seconds / max(length_s, 1e-9),
        peak_rss_mb=peak_rss_mb(),
        warnings=warnings,
    )


def _speaker(model: VoiceModel, name: str | None) -> SpeakerEntry:
    if name is None:
        return model.index.speakers[0]
    for entry in model.index.speakers:
        if entry.name == name:
            return entry
    raise ConfigError(f"the model has no voice {name!r}", nearest(name, tuple(model.index.names)))


def _listened(config: VoiceConvertConfig) -> tuple[Recording, list[str]]:
    """What the recording is like, and what is wrong with it.

    A quick look is enough for that: all of it is taken apart again when it is converted.
    """
    reader = SoundReader(path=config.speech, rate_hz=RATE_HZ)
    with closing(iter(reader)) as opened:
        heard = listened(opened, WorldVocoder(careful=False))
    if heard is None:
        if reader.read_s < _SHORTEST_S:
            raise MediaError(f"{config.speech} has {reader.read_s:.2f} s of sound", "give speech")
        raise MediaError(f"nobody speaks in {config.speech}", "give a recording of somebody speaking")
    warnings = list(reader.warnings)
    if not heard.is_speech:
        warnings.append(f"{config.speech} does not sound like one person speaking: expect oddities")
    elif heard.noise_db < _NOISY_DB:
        warnings.append(f"{config.speech} is noisy: speech is {heard.noise_db:.0f} dB above the noise")
    if heard.is_several:
        warnings.append(
            f"more than one person seems to speak in {config.speech}: all are given the same voice, and "
            "their pitch is moved as if they were one"
        )
    return heard, warnings


def _told(reader: SoundReader, on_event: OnEvent) -> Iterator[Samples]:
    for block in reader:
        on_event(Progress(stage="convert speech", done=reader.read_s, total=reader.stated_s, unit="s"))
        yield block
