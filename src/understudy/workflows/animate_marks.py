"""By whose leave a photo is animated, and what the output says of itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from understudy.core.events import OnEvent
from understudy.core.identity_folder import find_record
from understudy.core.types import Vector
from understudy.media.footage import sha256_of
from understudy.media.images import WRITABLE_SUFFIXES
from understudy.media.patterns import has_number
from understudy.media.xmp import ANIMATED_NOTICE, XMP_KEY, synthetic_xmp
from understudy.provenance.manifest import Ingredient
from understudy.provenance.watermark_binding import soft_binding_of
from understudy.provenance.watermark_code import payload_of
from understudy.workflows.animate_config import AnimateConfig
from understudy.workflows.animate_driving import FILE_SUFFIX
from understudy.workflows.animate_learned import LearnedFace, said_of_animator
from understudy.workflows.animate_own import OwnFace, check_known
from understudy.workflows.consent import Agreed, agreed, check_agreed, consent_note
from understudy.workflows.consent_faces import doubts_about_face
from understudy.workflows.convert_label import text_of
from understudy.workflows.identities import face_of
from understudy.workflows.marks import by_digest, said_of_model
from understudy.workflows.person_names import checked_person, name_of_footage
from understudy.workflows.sealing import Sealing, footage_ingredient, tags_for
from understudy.workflows.signer import check_signing

OPTION = "--identity"  # that says who is in the photo
_DONE = "a face was given another expression"
_NO_SETTINGS = {"animator", "model", "photo", "out", "driving", "identity", "consent", "cert", "key"}


def is_picture(out: Path) -> bool:
    """Whether an output is one picture."""
    return out.suffix.lower() in WRITABLE_SUFFIXES and not has_number(out)


class Consented(Protocol):
    """Settings that say by what consent somebody is used."""

    @property
    def consent(self) -> str | None:
        """See `workflows.consent`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is in the photo.

    Args:
        name: as their record is called.
        is_said: whether somebody has said it; else the photo's name does.
    """

    name: str
    is_said: bool

    def doubts(self, vector_of: Callable[[], Vector]) -> list[str]:
        """What speaks against a face being theirs, a line each; see `consent_faces.doubts_about_face`."""
        return doubts_about_face(self.name, vector_of, OPTION, is_said=self.is_said)

    def agreed(
        self, config: Consented, shown: Path, vector_of: Callable[[], Vector], on_event: OnEvent
    ) -> Agreed:
        """The record by which the face is used; made now where `consent` says how, so not before all is read.

        Args:
            config: of what is made.
            shown: photo or footage that shows the face.
            vector_of: gives its identity vector, which a record keeps that knows no face yet.
            on_event: hears of what was written.

        Raises:
            ConsentError: there is none that allows it.
        """
        found = find_record(self.name)
        is_unknown = found is None or found.record.face is None
        face = face_of(vector_of().tolist(), sha256_of(shown), is_one=True) if is_unknown else None
        return agreed({self.name: face}, "face", config.consent, on_event)


def checked(config: AnimateConfig) -> Person:
    """Who is in the photo; what would be refused at the end is refused before the work.

    Raises:
        ConfigError: nobody can be called so, the model does not know them, or the certificate, the key or
            the label will not do.
        ConsentError: no record says that the face may be used.
        ModelError: the model cannot be read.
    """
    text_of(config.label)
    if config.identity is not None:
        person = Person(name=checked_person(config.identity, OPTION), is_said=True)
    else:
        person = Person(name=name_of_footage(config.photo, OPTION), is_said=False)
    check_signing(config.cert, config.key)  # before a record of consent is made for nothing
    if config.model is not None:
        check_known(config.model, person.name)
    check_agreed([person.name], "face", config.consent)
    return person


@dataclass(frozen=True, kw_only=True)
class Marking:
    """What an output says.

    Args:
        key: what a frame of it depends on: equal for what is made in the same way of the same.
        tags: of its container or pictures.
        seal: signs it.
        payload: of the watermark; None where there is none.
        sound_payload: of that in new sound, likewise.
    """

    key: str
    tags: Mapping[str, str]
    seal: Sealing
    payload: int | None
    sound_payload: int | None = None


def marking_of(
    config: AnimateConfig, consent: Agreed, own: OwnFace | None = None, learned: LearnedFace | None = None
) -> Marking:
    """What the output of an animation says.

    Args:
        config: of the animation.
        consent: by which the face is used.
        own: draws the moved face anew; None where no model does.
        learned: mends it; None where no animator does.

    Raises:
        ConfigError: the certificate and the key will not do.
        MediaError: the manifest of another file lies where this one's belongs.
    """
    is_marked = config.watermark and not is_picture(config.out)
    settings = _settings(config) | {"watermark": is_marked}
    drawn_by = _drawn_by(own, learned)
    key = _key(config, settings, consent, drawn_by)
    payload = payload_of(key) if is_marked else None
    note = consent_note(consent)
    tags = tags_for(config.out, note, ANIMATED_NOTICE)
    if is_picture(config.out):
        tags = {"Comment": ANIMATED_NOTICE + note, XMP_KEY: synthetic_xmp(ANIMATED_NOTICE)}
    seal = Sealing(
        out=config.out,
        done=_DONE,
        making={"command": "animate", "settings": settings, "consent": consent.said} | drawn_by,
        ingredients=partial(_ingredients, config, own, learned),
        signer=check_signing(config.cert, config.key),
        soft_binding=None if payload is None else soft_binding_of(payload),
    )
    return Marking(key=key, tags=tags, seal=seal, payload=payload)


def _ingredients(config: AnimateConfig, own: OwnFace | None, learned: LearnedFace | None) -> list[Ingredient]:
    """The photo, which was changed, and what drove it."""
    shown = {"is_shown": config.thumbnails, "has_history": config.thumbnails}
    found = [footage_ingredient(config.photo, "parentOf", **shown)]
    if own is not None:
        found.append(by_digest(f"model {own.title}".strip(), own.index.weights_sha256))
    if learned is not None:
        found.append(by_digest(f"animator {learned.title}".strip(), learned.index.weights_sha256))
    if config.driving is None:
        return found
    if config.driving.suffix.lower() == FILE_SUFFIX:
        digest, kind = sha256_of(config.driving), "application/json"
        known = Ingredient(title=config.driving.name, relation="inputTo", sha256=digest, media_type=kind)
        return [*found, known]
    return [*found, footage_ingredient(config.driving, "inputTo", **shown)]


def _drawn_by(own: OwnFace | None, learned: LearnedFace | None) -> dict[str, Any]:
    """What draws, and whom, where a model does; and what mends."""
    found: dict[str, Any] = {}
    if own is not None:
        found |= {"model": said_of_model(own.index), "identity": own.identity}
    if learned is not None:
        found["animator"] = said_of_animator(learned.index)
    return found


def _settings(config: AnimateConfig) -> dict[str, Any]:
    values = {field.name: getattr(config, field.name) for field in fields(config)}
    values |= {"label": text_of(config.label)}
    if isinstance(config.expression, Mapping):
        values["expression"] = ", ".join(f"{name}={value:g}" for name, value in config.expression.items())
    return {name: value for name, value in values.items() if name not in _NO_SETTINGS}


def _key(
    config: AnimateConfig, settings: Mapping[str, Any], consent: Agreed, drawn_by: Mapping[str, Any]
) -> str:
    said = {
        "version": version("understudy"),
        "command": "animate",
        "photo": sha256_of(config.photo),
        "consent": consent.said,
        **drawn_by,
        "driving": None if config.driving is None else sha256_of(config.driving),
        "settings": {name: value for name, value in settings.items() if name != "thumbnails"},
    }
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
