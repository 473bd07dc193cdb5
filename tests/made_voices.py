"""Voice models that were hardly trained: quick to make, and whole."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch

from made_speech import HIGH, LOW, speech
from understudy.nets.voice import VoiceNet, VoiceNetConfig
from understudy.speech.frames import RATE_HZ, SpeechFrames
from understudy.speech.speaker import speaker_stats
from understudy.speech.voice_model import SpeakerEntry, StatsEntry, VoiceIndex, save_voice
from understudy.speech.world import WorldVocoder

NAMES = ("Anna", "Bo")  # Anna is high, Bo is low
_SIZES = VoiceNetConfig(coefficients=60, width=16, code=8, blocks=1)


@cache
def some_speech(name: str) -> SpeechFrames:
    """Four seconds of a speaker, taken apart."""
    speaker = HIGH if name == "Anna" else LOW
    return WorldVocoder(careful=False).analyse(speech(speaker, 4.0, seed=11, rate_hz=RATE_HZ))


def untrained_model(folder: Path) -> Path:
    """A model of Anna and Bo whose decoders say little more than their mean."""
    torch.manual_seed(0)
    net = VoiceNet(_SIZES, NAMES)
    speakers = [
        SpeakerEntry(
            name=name, digest="0" * 64, speech_s=4.0, stats=StatsEntry.of(speaker_stats([some_speech(name)]))
        )
        for name in NAMES
    ]
    sizes = {name: getattr(_SIZES, name) for name in ("coefficients", "width", "code", "blocks")}
    save_voice(folder, net, VoiceIndex(speakers=speakers, **sizes))
    return folder
