"""The sound of converted footage, said in another voice, in step with the picture."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from understudy.core.errors import ConfigError, MediaError
from understudy.core.events import Notice, OnEvent
from understudy.media.footage import sha256_of
from understudy.media.info import OtherSound, VideoInfo
from understudy.media.output import OUTPUT_SUFFIXES
from understudy.media.sound import SoundReader
from understudy.media.sound_writer import write_sound
from understudy.provenance.watermark_binding import SOUND_ALGORITHM, soft_binding_of
from understudy.speech.frames import RATE_HZ
from understudy.speech.listening import Recording
from understudy.speech.samples import remarks_on
from understudy.training.model_folder import find_generation, holds_model
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.consent import Agreed, check_both_agreed
from understudy.workflows.convert_cast import roles_of
from understudy.workflows.lipsync_sound import sound_name
from understudy.workflows.sealing import Spoken
from understudy.workflows.voice_chosen import ChosenVoice
from understudy.workflows.voice_signing import VOICE_DONE, sound_payload


@dataclass(frozen=True, kw_only=True)
class Voiced:
    """What an output sounds like.

    Args:
        info: of the target, with the sound that its copy has.
        consent: by which the voice is used.
        spoken: what the manifest says of it; None where the sound is the target's own.
        warnings: what the user should know.
    """

    info: VideoInfo
    consent: Agreed = field(default_factory=lambda: Agreed(references={}))
    spoken: Spoken | None = None
    warnings: Sequence[str] = ()


def check_voice(config: ConvertConfig, info: VideoInfo) -> None:
    """Refuse before long work what would be refused at its end; nothing is done without `config.voice`.

    Args:
        config: of the conversion; its model need not be there yet, where `people` says who is put in.
        info: of the target.

    Raises:
        ConfigError: the model has no such voice, or other options are given without it.
        ConsentError: no record says that the voice may be used.
        MediaError: nothing is heard, nobody speaks, or the output has no sound.
        ModelError: the voice model cannot be loaded.
    """
    if config.voice is None:
        if config.voice_as is not None or config.voice_consent is not None:
            raise ConfigError("a voice is named, and no model of it", "give --voice MODEL, too")
        return
    if config.out.suffix.lower() not in OUTPUT_SUFFIXES:
        raise MediaError(f"{config.out.name} has no sound to be said in another voice", "write a video")
    if not info.has_audio:
        raise MediaError(f"{config.target} has no sound", "leave --voice out")
    names = _put_in(config)
    voice = ChosenVoice.of(config.voice, config.voice_as, names)
    if config.consent is not None and voice.person.casefold() in {one.casefold() for one in names}:
        check_both_agreed(voice.person)
    voice.check_agreed(config.voice_consent)
    _listened(voice, config)


@contextmanager
def voiced(config: ConvertConfig, info: VideoInfo, on_event: OnEvent) -> Generator[Voiced]:
    """Say what is heard in footage in another voice, where that is asked for; the sound is there meanwhile.

    Args:
        config: of a conversion, which `check_voice` has let pass.
        info: of the target.
        on_event: hears of progress, and whose voice it is.

    Raises:
        ConsentError: as of `check_voice`.
        MediaError: likewise, or the sound cannot be written.
    """
    if config.voice is None:
        yield Voiced(info=info)
        return
    voice = ChosenVoice.of(config.voice, config.voice_as, _put_in(config))
    heard, warnings = _listened(voice, config)
    consent = voice.agreed(config.voice_consent, on_event)
    on_event(Notice(message=f"it is said in the voice of {voice.entry.name}", is_warning=False))
    making = {"voice": {"as": voice.entry.name, "model": voice.said_of_model, "watermark": config.watermark}}
    payload = sound_payload(sha256_of(config.target), making) if config.watermark else None
    reader = SoundReader(path=config.target, rate_hz=RATE_HZ, is_timed=True)
    with TemporaryDirectory(prefix="understudy-") as folder:
        path = Path(folder) / sound_name(config.out)
        write_sound(path, voice.says(reader, heard, on_event, payload=payload), RATE_HZ)
        start_s = Fraction(round(reader.start_s * RATE_HZ), RATE_HZ)
        sound = OtherSound(path=path, start_s=start_s, language=reader.language)
        said = [*consent.warnings, *warnings, *reader.warnings, *remarks_on(config.target, reader)]
        yield Voiced(
            info=replace(info, sound=sound, audio_streams=1),
            consent=consent,
            spoken=Spoken(
                done=VOICE_DONE,
                ingredients=voice.ingredients,
                soft_binding=None if payload is None else soft_binding_of(payload, SOUND_ALGORITHM),
                making=making,
            ),
            warnings=list(dict.fromkeys([*said, *_left_out(config, reader)])),
        )


def _listened(voice: ChosenVoice, config: ConvertConfig) -> tuple[Recording, list[str]]:
    try:
        return voice.listen(config.target, is_timed=True)
    except MediaError as error:
        raise MediaError(error.what, "leave --voice out") from error


def _left_out(config: ConvertConfig, reader: SoundReader) -> list[str]:
    """What of the target's sound is not heard any more."""
    name, found = config.target.name, list[str]()
    if reader.streams > 1:
        found.append(
            f"{name} has {reader.streams} sound tracks: the first is said in the other voice, the others are "
            "left out, as they hold the old one"
        )
    if reader.channels > 2:
        found.append(
            f"the {reader.channels} channels of {name} become one, music and noises among what is said"
        )
    return found


def _put_in(config: ConvertConfig) -> list[str]:
    """Whose face is put in, as records and models call them."""
    if config.people or not holds_model(config.model):
        return [*config.people.values(), *config.people]
    index = find_generation(config.model).index
    roles = roles_of(index, config.source, config.target_identity, config.mapped)
    sources = {role.source for role in roles}
    entries = [entry for entry in index.identities if entry.name in sources]
    return [*(entry.consent.identity for entry in entries if entry.consent), *(one.name for one in entries)]
