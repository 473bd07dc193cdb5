"""Speech and a voice model to the same speech in another voice."""

from __future__ import annotations

import time

from understudy.core.errors import ConfigError
from understudy.core.events import OnEvent, ignore
from understudy.core.files import peak_rss_mb
from understudy.workflows.voice_configs import VoiceConvertConfig, VoiceConvertResult
from understudy.workflows.voice_signing import speech_ingredient
from understudy.workflows.voice_write import Heard, checked_voice, write_voice


def run(config: VoiceConvertConfig, on_event: OnEvent = ignore) -> VoiceConvertResult:
    """Say what was said in a model's voice: as long, as loud, in the same rhythm.

    Raises:
        ConfigError: no such speaker, pitch or certificate, or the output is the speech itself.
        ConsentError: no record says that the voice may be used.
        MediaError: the speech cannot be read, nobody speaks, or the output cannot be written.
        ModelError: the model cannot be loaded.
    """
    started = time.monotonic()
    if config.out.exists() and config.speech.exists() and config.out.samefile(config.speech):
        raise ConfigError(f"{config.out} is read and would be overwritten", "choose another name")
    chosen = checked_voice(config)
    speech = speech_ingredient(config.speech)
    heard = Heard(path=config.speech, digest=speech.sha256, made_of=[speech], command="voice convert")
    length_s, warnings = write_voice(config, chosen, heard, on_event)
    seconds = time.monotonic() - started
    return VoiceConvertResult(
        output=config.out,
        speaker=chosen[0].entry.name,
        length_s=length_s,
        seconds=seconds,
        realtime=seconds / max(length_s, 1e-9),
        peak_rss_mb=peak_rss_mb(),
        warnings=warnings,
    )
