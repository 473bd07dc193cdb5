"""The voices that models of a production have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from understudy.core.errors import UnderstudyError
from understudy.studio.context import StudioContext, UnknownError
from understudy.workflows.voice_look import holds_voices, voices_in


@dataclass(frozen=True, kw_only=True)
class Voice:
    """A voice of a model.

    Args:
        key: by which a page names it.
        name: of the speaker, as the model has it.
        person: whose record it goes by.
        model: folder.
        partner: the model's other speakers.
    """

    key: str
    name: str
    person: str
    model: Path
    partner: str


def voices_of(context: StudioContext) -> list[Voice]:
    """All voices of the production's models, those that cannot be read left out."""
    found: list[Voice] = []
    for folder in context.folders():
        if holds_voices(folder):
            try:
                speakers = voices_in(folder)
            except UnderstudyError:
                continue
            short = context.know(folder)
            for number, speaker in enumerate(speakers):
                others = ", ".join(one.name for one in speakers if one is not speaker)
                key, model = f"{short}.{number}", folder
                found.append(
                    Voice(key=key, name=speaker.name, person=speaker.person, model=model, partner=others)
                )
    return found


def voice_called(context: StudioContext, key: str) -> Voice:
    """The voice with this key.

    Raises:
        UnknownError: there is none, or none any more.
    """
    for voice in voices_of(context):
        if voice.key == key:
            return voice
    raise UnknownError("there is no such voice, or no more", "choose another one")
