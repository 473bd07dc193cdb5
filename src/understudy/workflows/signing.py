"""Sign what a conversion writes: once it is whole, and before it gets its name."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from understudy.core.errors import MediaError
from understudy.core.files import lent_again, write_atomically
from understudy.media.footage import expand_footage, sha256_of
from understudy.media.images import WRITABLE_SUFFIXES
from understudy.media.output import Finish
from understudy.media.patterns import has_number
from understudy.media.xmp import DIGITAL_SOURCE_TYPE, SYNTHETIC_NOTICE, XMP_KEY, append_xmp, synthetic_xmp
from understudy.provenance.certificate import Signer, signer_of
from understudy.provenance.file_list import LIST, digests_of, files_said, listing
from understudy.provenance.manifest import Ingredient, Relation, SoftBinding, Statement
from understudy.provenance.places import holds_manifest, media_type_of, sidecar_of
from understudy.provenance.read import read_manifest
from understudy.provenance.sign import sidecar, sign_copy
from understudy.training.model_index import ModelIndex
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.convert_cast import Role
from understudy.workflows.convert_label import text_of
from understudy.workflows.marks import Marks, by_digest, faces_of
from understudy.workflows.signer import check_signing
from understudy.workflows.thumbnail import thumbnail_of

_DONE, _NOTHING_DONE = "a face was replaced", "no face was replaced: nobody who was to be was found"
# said elsewhere in the manifest, or nobody's business
_NO_SETTINGS = {"source", "target_identity", "consent", "cert", "key", "worst", "jobs"}
_SHOWN = 4  # pieces of the source's footage with a thumbnail
_LONGEST_NAME = 255  # bytes, of a file


def tags_for(out: Path, consent: str) -> dict[str, str]:
    """What the tags of an output say, for who reads no manifests; `consent` is put behind the notice."""
    tags = {"comment": SYNTHETIC_NOTICE + consent}
    if out.suffix.lower() == ".mkv":
        tags["DIGITAL_SOURCE_TYPE"] = DIGITAL_SOURCE_TYPE
    elif out.suffix.lower() in (".png", ".jpg", ".jpeg"):
        tags[XMP_KEY] = synthetic_xmp()
    return tags


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
) -> Finish:
    """What signs the finished files of a conversion.

    Args:
        config: of the conversion.
        roles: who is put in for whom.
        index: of the model.
        consent: for each person whose face is used, what the manifest says of their consent.
        soft_binding: the watermark in its frames, where there is one.

    Raises:
        ConfigError: the certificate and the key will not do.
        MediaError: the manifest of another file lies where this one's belongs.
    """
    signer = check_signing(config.cert, config.key)
    out = config.out
    if not _is_inside(out):
        _check_sidecar(out)
    making = _making(config, roles, index, consent)
    said = {"making": making, "soft_binding": soft_binding, "signer": signer}
    return partial(_sign, config=config, roles=roles, index=index, **said)


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
        "model": {
            "sha256": index.weights_sha256,
            "preset": index.preset,
            "steps": index.step,
            "people": [entry.name for entry in index.identities],
        },
        "roles": [{"source": role.source, "target": role.target} for role in roles],
        "settings": _settings(config) | {"watermark": is_marked(config)},
        "consent": [dict(entry) for entry in consent],
    }


def _sign(
    files: Sequence[Path],
    *,
    config: ConvertConfig,
    roles: Sequence[Role],
    index: ModelIndex,
    making: Mapping[str, Any],
    soft_binding: SoftBinding | None,
    signer: Signer,
    swapped: int = 1,
) -> None:
    out = config.out
    digests = digests_of(files) if has_number(out) else {}
    if digests:
        making = {**making, LIST: files_said(out, digests)}
    statement = Statement(
        title=out.name,
        done=_DONE if swapped else _NOTHING_DONE,
        ingredients=_ingredients(config, roles, index),
        making=making,
        thumbnail=thumbnail_of(files[0]),
        soft_binding=soft_binding,
    )
    if has_number(out):
        write_atomically(sidecar_of(out), sidecar(io.BytesIO(listing(digests)), statement, signer))
        return
    (file,) = files
    if not holds_manifest(out):
        with file.open("rb") as content:
            data = sidecar(content, statement, signer)
        # first, so that the video is never there without it
        write_atomically(sidecar_of(out), data)
        return
    append_xmp(file)
    signed = lent_again(file)
    try:
        sign_copy(file, signed, statement, signer)
        signed.replace(file)
    finally:
        with suppress(OSError):
            signed.unlink(missing_ok=True)


def _ingredients(config: ConvertConfig, roles: Sequence[Role], index: ModelIndex) -> list[Ingredient]:
    """The target; the person put in, by footage where it is known and else by faceset; the model."""
    is_shown = config.thumbnails
    found = [_footage(config.target, "parentOf", is_shown=is_shown, has_history=is_shown)]
    if config.source_footage:
        for number, path in enumerate(expand_footage(config.source_footage)):
            found.append(
                _footage(path, "inputTo", is_shown=is_shown and number < _SHOWN, has_history=is_shown)
            )
    else:
        digests = {entry.name: entry.faceset_digest for entry in index.identities}
        names = dict.fromkeys(role.source for role in roles)
        found += [faces_of(name, digests.get(name, "")) for name in names]
    return [*found, _model(config, index)]


def _model(config: ConvertConfig, index: ModelIndex) -> Ingredient:
    return by_digest(f"model {config.model.name}".strip(), index.weights_sha256)


def _footage(path: Path, relation: Relation, *, is_shown: bool, has_history: bool) -> Ingredient:
    """A piece of footage, with a picture of it, and with the manifest that it has itself."""
    return Ingredient(
        title=path.name,
        relation=relation,
        sha256=sha256_of(path),
        media_type=media_type_of(path),
        thumbnail=thumbnail_of(path) if is_shown else None,
        footage=path if path.is_file() and has_history else None,
    )


def _settings(config: ConvertConfig) -> dict[str, str | int | float | bool | None]:
    values = {field.name: getattr(config, field.name) for field in fields(config)}
    values |= {"label": text_of(config.label)}
    return {
        name: value
        for name, value in values.items()
        if name not in _NO_SETTINGS and isinstance(value, str | int | float | bool | None)
    }


def _is_inside(out: Path) -> bool:
    return holds_manifest(out) and not has_number(out)


def _check_sidecar(out: Path) -> None:
    """Refuse to replace the manifest of another file: a.mkv and a.webm would share a.c2pa."""
    beside = sidecar_of(out)
    if not beside.is_file():
        return
    with beside.open("rb") as content:
        read = read_manifest(content, media_type="application/c2pa")
    name = Path(str(read.active.get("title"))).name
    if name == out.name:
        return
    if 0 < len(name.encode()) <= _LONGEST_NAME and out.with_name(name).exists():
        raise MediaError(f"{beside} is the manifest of {name}", "choose another name for the output")
    if read.state != "valid":
        raise MediaError(
            f"{beside} lies where the output's manifest belongs", "move it, or choose another name"
        )
