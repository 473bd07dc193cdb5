"""A voice training that is asked for again when it is done, as after a kill just behind its save."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, cast

from understudy.core.errors import ModelError
from understudy.core.events import Notice, OnEvent
from understudy.core.files import peak_rss_mb
from understudy.media.footage import sha256_of
from understudy.speech.samples import sound_files
from understudy.speech.voice_model import load_voice
from understudy.workflows.voice_configs import DEFAULT_STEPS, VoiceTrainConfig, VoiceTrainResult

_LEARNT_DB = 5.0  # how far a decoder is off with its own speaker's rows; 3 are usual
ORDER, NOISE = "order", "noise_db"  # in the settings that a model notes


def order_of(config: VoiceTrainConfig, names: list[str]) -> str:
    """SHA-256 of what a training depends on: recordings, names and settings.

    Args:
        config: of the training.
        names: of both speakers.

    Raises:
        UnderstudyError: a recording is not there or cannot be read.
    """
    recordings = [[sha256_of(one) for one in sound_files(paths)] for paths in (config.source, config.target)]
    steps = None if config.minutes else config.steps or DEFAULT_STEPS
    order = [names, recordings, steps, config.minutes, config.seed]
    return hashlib.sha256(json.dumps(order).encode()).hexdigest()


def finished(folder: Path, order: str, on_event: OnEvent) -> VoiceTrainResult:
    """What the training of a model that is there reached.

    Args:
        folder: of the model.
        order: what is asked for, by `order_of`.
        on_event: hears that there is nothing to do.

    Raises:
        ModelError: it was made from something else, or it is damaged.
    """
    index = load_voice(folder).index
    if index.settings.get(ORDER) != order:
        raise ModelError(f"{folder} holds a voice model already", "name another folder, or remove it")
    on_event(Notice(message=f"{folder} was learnt from just this already", is_warning=False))
    own_db = index.figures.get("own_db", 0.0)
    for message in (doubts := doubts_about(own_db)):
        on_event(Notice(message=message))
    noted: Any = index.settings.get(NOISE)
    noise = cast("dict[str, float]", noted if isinstance(noted, dict) else {})
    return VoiceTrainResult(
        model=folder,
        speakers=index.names,
        speech_s={one.name: one.speech_s for one in index.speakers},
        noise_db={name: float(noise.get(name, 0.0)) for name in index.names},
        steps=index.steps,
        seconds=index.seconds,
        own_db=own_db,
        matched_db=index.figures.get("matched_db", 0.0),
        peak_rss_mb=peak_rss_mb(),
        warnings=doubts,
    )


def doubts_about(own_db: float) -> list[str]:
    """What the user should know of a model that has hardly learnt.

    Args:
        own_db: how far what is said again of a speaker's own speech is off.
    """
    if own_db <= _LEARNT_DB:
        return []
    return [
        f"the voices are hardly learnt yet: their own speech said again is off by {own_db:.1f} dB, and 3 are "
        "usual; train longer, with more --steps or --minutes and another --out"
    ]
