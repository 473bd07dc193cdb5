"""A text said in a voice of a model: a program says it first, and that is converted."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from understudy.core.errors import ConfigError
from understudy.core.events import OnEvent, ignore
from understudy.core.files import peak_rss_mb
from understudy.provenance.manifest import Ingredient
from understudy.workflows.text_speaker import text_speaker
from understudy.workflows.voice_configs import VoiceSayConfig, VoiceSayResult
from understudy.workflows.voice_write import Heard, checked_voice, write_voice

_DONE = "speech was synthesised from text and said in another voice"


def run(config: VoiceSayConfig, on_event: OnEvent = ignore) -> VoiceSayResult:
    """Say a text in a model's voice.

    Raises:
        ConfigError: no text, speaker, program, pitch or certificate.
        ConsentError: no record says that the voice may be used.
        MediaError: the program fails or says nothing, or the output cannot be written.
        ModelError: the model cannot be loaded.
    """
    started = time.monotonic()
    if not config.text.strip():
        raise ConfigError("there is no text to say", "give some words")
    try:
        digest = hashlib.sha256(config.text.encode()).hexdigest()
    except UnicodeEncodeError as error:  # what a terminal gives that is not set to UTF-8
        raise ConfigError("the text is not UTF-8", "give it in UTF-8") from error
    chosen = checked_voice(config)
    speaker = text_speaker(config.speaker_command)
    text = Ingredient(title="text", relation="inputTo", sha256=digest, media_type="text/plain")
    with TemporaryDirectory(prefix="understudy-") as folder:
        said = Path(folder) / f"{speaker.name}.wav"
        speaker.say(config.text, said)
        heard = Heard(
            path=said,
            digest=digest,
            made_of=[text],
            command="voice say",
            settings={"synthesised_by": speaker.name},
            done=_DONE,
        )
        length_s, warnings = write_voice(config, chosen, heard, on_event)
    seconds = time.monotonic() - started
    return VoiceSayResult(
        output=config.out,
        speaker=chosen[0].entry.name,
        program=speaker.name,
        length_s=length_s,
        seconds=seconds,
        realtime=seconds / max(length_s, 1e-9),
        peak_rss_mb=peak_rss_mb(),
        warnings=warnings,
    )
