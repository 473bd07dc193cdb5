"""Sign what a conversion writes: once it is whole, and before it gets its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from understudy.media.footage import expand_footage
from understudy.media.images import WRITABLE_SUFFIXES
from understudy.media.output import Finish
from understudy.media.patterns import has_number
from understudy.provenance.certificate import signer_of
from understudy.provenance.manifest import Ingredient, SoftBinding
from understudy.training.model_index import ModelIndex
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.convert_cast import Role
from understudy.workflows.convert_label import text_of
from understudy.workflows.marks import Marks, by_digest, faces_of, said_of_model
from understudy.workflows.sealing import Sealing, Spoken, footage_ingredient
from understudy.workflows.signer import check_signing

_DONE, _NOTHING_DONE = "a face was replaced", "no face was replaced: nobody who was to be was found"
# said elsewhere in the manifest, or nobody's business
_NO_SETTINGS = {
    "source", "target_identity", "consent", "cert", "key", "worst", "jobs",
    "voice", "voice_as", "voice_consent",
}  # fmt: skip
_SHOWN = 4  # pieces of the source's footage with a thumbnail


def is_marked(config: ConvertConfig) -> bool:
    """Whether the faces carry a watermark: it shows in how they change, so a single picture has none."""
    is_picture = config.out.suffix.lower() in WRITABLE_SUFFIXES and not has_number(config.out)
    return config.watermark and not is_picture


def signing_of(
    config: ConvertConfig,
    roles: Sequence[Role],
    index: ModelIndex,
    *,
    consent: Sequence[Mapping[str, Any]] = (),
    soft_binding: SoftBinding | None = None,
    spoken: Spoken | None = None,
) -> Finish:
    """What signs the finished files of a conversion.

    Args:
        config: of the conversion.
        roles: who is put in for whom.
        index: of the model.
        consent: for each person whose face is used, what the manifest says of their consent.
        soft_binding: the watermark in its frames, where there is one.
        spoken: what was done to its sound, where that was changed.

    Raises:
        ConfigError: the certificate and the key will not do.
        MediaError: the manifest of another file lies where this one's belongs.
    """
    sealing = Sealing(
        out=config.out,
        done=_DONE,
        making=_making(config, roles, index, consent),
        ingredients=partial(_ingredients, config, roles, index),
        signer=check_signing(config.cert, config.key),
        soft_binding=soft_binding,
        sound=spoken,
    )
    return partial(_seal, sealing)


def _seal(sealing: Sealing, files: Sequence[Path], *, swapped: int = 1) -> None:
    sealing(files, nothing=None if swapped else _NOTHING_DONE)


def marks_of(
    config: ConvertConfig,
    roles: Sequence[Role],
    index: ModelIndex,
    consent: Sequence[Mapping[str, Any]],
) -> Marks:
    """What pictures beside the output of a conversion say; arguments and errors as of `signing_of`."""
    return Marks(
        signer=signer_of(config.cert, config.key),
        making=_making(config, roles, index, consent),
        ingredients=[_model(config, index)],
    )


def _making(
    config: ConvertConfig, roles: Sequence[Role], index: ModelIndex, consent: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What C2PA has no words for."""
    return {
        "command": "convert",
        "model": said_of_model(index),
        "roles": [{"source": role.source, "target": role.target} for role in roles],
        "settings": _settings(config) | {"watermark": is_marked(config)},
        "consent": [dict(entry) for entry in consent],
    }


def _ingredients(config: ConvertConfig, roles: Sequence[Role], index: ModelIndex) -> list[Ingredient]:
    """The target; the person put in, by footage where it is known and else by faceset; the model."""
    is_shown = config.thumbnails
    found = [footage_ingredient(config.target, "parentOf", is_shown=is_shown, has_history=is_shown)]
    if config.source_footage:
        for number, path in enumerate(expand_footage(config.source_footage)):
            is_pictured = is_shown and number < _SHOWN
            found.append(footage_ingredient(path, "inputTo", is_shown=is_pictured, has_history=is_shown))
    else:
        digests = {entry.name: entry.faceset_digest for entry in index.identities}
        names = dict.fromkeys(role.source for role in roles)
        found += [faces_of(name, digests.get(name, "")) for name in names]
    return [*found, _model(config, index)]


def _model(config: ConvertConfig, index: ModelIndex) -> Ingredient:
    return by_digest(f"model {config.model.name}".strip(), index.weights_sha256)


def _settings(config: ConvertConfig) -> dict[str, str | int | float | bool | None]:
    values = {field.name: getattr(config, field.name) for field in fields(config)}
    values |= {"label": text_of(config.label)}
    return {
        name: value
        for name, value in values.items()
        if name not in _NO_SETTINGS and isinstance(value, str | int | float | bool | None)
    }
