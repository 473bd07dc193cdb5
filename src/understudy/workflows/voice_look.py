"""Which voices a model has, told without loading it: neither weights are read nor torch is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from understudy.core.bounded import read_bounded
from understudy.core.errors import ModelError

_INDEX = "voice.json"  # as of `speech.voice_model`, which imports torch
_MOST_BYTES = 1 << 20
_Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Consent(BaseModel):
    identity: _Name


class _Speaker(BaseModel):
    name: _Name
    consent: _Consent | None = None


class _Index(BaseModel):
    speakers: list[_Speaker] = Field(max_length=100)


@dataclass(frozen=True, kw_only=True)
class KnownVoice:
    """A speaker of a model.

    Args:
        name: as the model has it.
        person: whose record it goes by.
    """

    name: str
    person: str


def holds_voices(folder: Path) -> bool:
    """Whether a voice model lies there."""
    return (folder / _INDEX).is_file()


def voices_in(folder: Path) -> list[KnownVoice]:
    """The voices of a model, its source first.

    Raises:
        ModelError: there is none, or its index cannot be read.
    """
    try:
        index = _Index.model_validate_json(read_bounded(folder / _INDEX, _MOST_BYTES))
    except (OSError, ValidationError) as error:
        raise ModelError(f"{folder} holds no voice model that can be read", "train it again") from error
    return [
        KnownVoice(name=one.name, person=one.consent.identity if one.consent else one.name)
        for one in index.speakers
    ]
