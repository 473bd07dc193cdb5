"""Finished files get their manifest: once they are whole, and before they get their names."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.core.errors import MediaError
from understudy.core.files import lent_again, write_atomically, written_aside
from understudy.core.shown import shown
from understudy.core.types import Image
from understudy.media.footage import sha256_of
from understudy.media.images import write_image
from understudy.media.output import Finish
from understudy.media.patterns import has_number
from understudy.media.picture_tags import tagged
from understudy.media.xmp import (
    DIGITAL_SOURCE_TYPE,
    SYNTHETIC_NOTICE,
    XMP_KEY,
    append_xmp,
    synthetic_xmp,
)
from understudy.provenance.certificate import Signer
from understudy.provenance.file_list import LIST, digests_of, files_said, listing
from understudy.provenance.manifest import Ingredient, Relation, SoftBinding, Statement
from understudy.provenance.places import holds_manifest, media_type_of, other_file_of, sidecar_of
from understudy.provenance.read import read_manifest
from understudy.provenance.sign import sidecar, sign_copy
from understudy.workflows.thumbnail import thumbnail_of


def tags_for(out: Path, consent: str, notice: str = SYNTHETIC_NOTICE) -> dict[str, str]:
    """What the tags of an output say, for who reads no manifests; `consent` is put behind the notice."""
    tags = {"comment": notice + consent}
    if out.suffix.lower() == ".mkv":
        tags["DIGITAL_SOURCE_TYPE"] = DIGITAL_SOURCE_TYPE
    elif out.suffix.lower() in (".png", ".jpg", ".jpeg"):
        tags[XMP_KEY] = synthetic_xmp()
    return tags


def footage_ingredient(path: Path, relation: Relation, *, is_shown: bool, has_history: bool) -> Ingredient:
    """A piece of footage, with a picture of it, and with the manifest that it has itself."""
    return Ingredient(
        title=path.name,
        relation=relation,
        sha256=sha256_of(path),
        media_type=media_type_of(path),
        thumbnail=thumbnail_of(path) if is_shown else None,
        footage=path if path.is_file() and has_history else None,
    )


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """What a manifest says of the sound of a video, beside what it says of the picture.

    Args:
        done: what was done to it, in a few words; "" where nothing was.
        ingredients: what that was done with.
        soft_binding: the watermark in it, where there is one.
        making: what C2PA has no words for.
    """

    done: str = ""
    ingredients: Sequence[Ingredient] = ()
    soft_binding: SoftBinding | None = None
    making: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, kw_only=True)
class Sealing:
    """Signs the finished files of an output; see `media.output.Finish`.

    Args:
        out: the output, as it will be called.
        done: what was done, in a few words.
        making: what C2PA has no words for.
        ingredients: gives what it was made from, when it is signed.
        signer: who signs.
        soft_binding: the watermark in its frames, where there is one.
        sound: what was done to its sound, where that was changed; see `Spoken`.

    Raises:
        MediaError: the manifest of another file lies where this one's belongs.
    """

    out: Path
    done: str
    making: Mapping[str, Any]
    ingredients: Callable[[], Sequence[Ingredient]]
    signer: Signer
    soft_binding: SoftBinding | None = None
    sound: Spoken | None = None

    def __post_init__(self) -> None:
        """Refuse to replace the manifest of another file."""
        if not holds_manifest(self.out) or has_number(self.out):
            _check_sidecar(self.out)

    def __call__(self, files: Sequence[Path], *, nothing: str | None = None) -> None:
        """Sign them.

        Args:
            files: closed, under other names than they will have.
            nothing: why no face was changed, where that is so: then there is no watermark in one either, and
                nobody's consent was needed, unless for the sound.

        Raises:
            UnderstudyError: they cannot be signed.
        """
        out = self.out
        digests = digests_of(files) if has_number(out) else {}
        sound = self.sound
        is_synthetic = not nothing or sound is not None
        making = {**self.making, **(sound.making if sound else {})}
        if nothing and "watermark" in (settings := making.get("settings", {})):
            making["settings"] = {**settings, "watermark": False}
        if not is_synthetic:
            making |= {"consent": [], "roles": []} if "roles" in making else {"consent": []}
        marks = (None if nothing else self.soft_binding, sound and sound.soft_binding)
        statement = Statement(
            title=out.name,
            done=nothing or self.done,
            also=(sound.done,) if sound and sound.done else (),
            ingredients=[*self.ingredients(), *(sound.ingredients if sound else ())],
            making={**making, LIST: files_said(out, digests)} if digests else making,
            thumbnail=thumbnail_of(files[0]),
            soft_bindings=[mark for mark in marks if mark is not None],
            is_synthetic=is_synthetic,
        )
        if has_number(out):
            data = sidecar(io.BytesIO(listing(digests)), statement, self.signer)
            write_atomically(sidecar_of(out), data)
            return
        (file,) = files
        if not holds_manifest(out):
            with file.open("rb") as content:
                data = sidecar(content, statement, self.signer)
            # first, so that the video is never there without it
            write_atomically(sidecar_of(out), data)
            return
        if is_synthetic:
            append_xmp(file)
        signed = lent_again(file)
        try:
            sign_copy(file, signed, statement, self.signer)
            signed.replace(file)
        finally:
            with suppress(OSError):
                signed.unlink(missing_ok=True)


def write_sealed_picture(out: Path, picture: Image, tags: Mapping[str, str], seal: Finish) -> None:
    """Write a picture, which says what it is like any other output.

    Args:
        out: JPEG, PNG or WebP.
        picture: (h, w, 3) RGB uint8.
        tags: as of `tagged`.
        seal: signs it.

    Raises:
        UnderstudyError: it cannot be written or signed; nothing is there then.
    """
    with written_aside(out) as aside:
        write_image(aside, picture)
        aside.write_bytes(tagged(aside.read_bytes(), tags))
        seal([aside])


def _check_sidecar(out: Path) -> None:
    """Refuse to replace the manifest of another file: a.mkv and a.webm would share a.c2pa."""
    beside = sidecar_of(out)
    if not beside.is_file():
        return
    with beside.open("rb") as content:
        read = read_manifest(content, media_type="application/c2pa")
    title = str(read.active.get("title"))
    if title == shown(out.name):
        return
    if (other := other_file_of(out, title)) is not None:
        raise MediaError(f"{beside} is the manifest of {other.name}", "choose another name for the output")
    if read.state != "valid":
        raise MediaError(
            f"{beside} lies where the output's manifest belongs", "move it, or choose another name"
        )
