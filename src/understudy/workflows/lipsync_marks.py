"""By whose leave a mouth is made to say something else, and what the output says of itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from functools import partial
from importlib.metadata import version
from typing import Any

from understudy.media.footage import sha256_of
from understudy.media.patterns import has_number
from understudy.media.xmp import LIPS_NOTICE
from understudy.provenance.manifest import Ingredient
from understudy.provenance.watermark_binding import SOUND_ALGORITHM, soft_binding_of
from understudy.provenance.watermark_code import payload_of
from understudy.workflows.animate_marks import OPTION, Marking, Person
from understudy.workflows.consent import Agreed, check_agreed, consent_note
from understudy.workflows.convert_label import text_of
from understudy.workflows.lipsync_config import LipsyncConfig
from understudy.workflows.lipsync_sound import mark_of
from understudy.workflows.person_names import checked_person, name_of_footage
from understudy.workflows.sealing import Sealing, Spoken, footage_ingredient, tags_for
from understudy.workflows.signer import check_signing
from understudy.workflows.voice_signing import speech_ingredient

_DONE = "a mouth was made to say something else"
_NO_SETTINGS = {"footage", "speech", "out", "learn", "learn_speaker", "identity", "consent", "cert", "key"}


def checked(config: LipsyncConfig) -> Person:
    """Who is in the footage; what would be refused at the end is refused before the work.

    Raises:
        ConfigError: nobody can be called so, or the certificate, the key or the label will not do.
        ConsentError: no record says that the face may be used.
    """
    text_of(config.label)
    if config.identity is not None:
        person = Person(name=checked_person(config.identity, OPTION), is_said=True)
    else:
        person = Person(name=name_of_footage(config.footage, OPTION), is_said=False)
    check_signing(config.cert, config.key)  # before a record of consent is made for nothing
    check_agreed([person.name], "face", config.consent)
    return person


def marking_of(config: LipsyncConfig, consent: Agreed) -> Marking:
    """What the output says.

    Args:
        config: of it.
        consent: by which the face is used.

    Raises:
        ConfigError: the certificate and the key will not do.
        MediaError: the manifest of another file lies where this one's belongs.
    """
    settings = {field.name: getattr(config, field.name) for field in fields(config)}
    settings |= {"label": text_of(config.label)}
    settings = {name: value for name, value in settings.items() if name not in _NO_SETTINGS}
    key = _key(config, settings, consent)
    payload = payload_of(key) if config.watermark else None
    sound_payload, spoken = _sound_mark(config, payload)
    seal = Sealing(
        out=config.out,
        done=_DONE,
        making={"command": "lipsync", "settings": settings, "consent": consent.said},
        ingredients=partial(_ingredients, config),
        signer=check_signing(config.cert, config.key),
        soft_binding=None if payload is None else soft_binding_of(payload),
        sound=spoken,
    )
    tags = tags_for(config.out, consent_note(consent), LIPS_NOTICE)
    return Marking(key=key, tags=tags, seal=seal, payload=payload, sound_payload=sound_payload)


def _sound_mark(config: LipsyncConfig, payload: int | None) -> tuple[int | None, Spoken | None]:
    """What the sound is to be marked with, and what the manifest says of the mark in it.

    Speech that has a mark, as a converted voice does, keeps it: two in one place cannot be read.
    """
    if payload is None or has_number(config.out):
        return None, None
    if (known := mark_of(config.speech)) is not None:
        carried = known.payload
        return None, None if carried is None else Spoken(
            soft_binding=soft_binding_of(carried, SOUND_ALGORITHM)
        )
    return payload, Spoken(soft_binding=soft_binding_of(payload, SOUND_ALGORITHM))


def _ingredients(config: LipsyncConfig) -> list[Ingredient]:
    """The footage, which was changed, what is said, and what lips were learnt from."""
    shown = {"is_shown": config.thumbnails, "has_history": config.thumbnails}
    found = [
        footage_ingredient(config.footage, "parentOf", **shown),
        speech_ingredient(config.speech, "inputTo", has_history=config.thumbnails),
    ]
    return found + [
        footage_ingredient(path, "inputTo", is_shown=False, has_history=False)
        for path in (*config.learn, *config.learn_speaker)
    ]


def _key(config: LipsyncConfig, settings: dict[str, Any], consent: Agreed) -> str:
    said = {
        "version": version("understudy"),
        "command": "lipsync",
        "footage": sha256_of(config.footage),
        "speech": sha256_of(config.speech),
        "learn": [sha256_of(path) for path in config.learn],
        "learn_speaker": [sha256_of(path) for path in config.learn_speaker],
        "consent": consent.said,
        "settings": {name: value for name, value in settings.items() if name != "thumbnails"},
    }
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
