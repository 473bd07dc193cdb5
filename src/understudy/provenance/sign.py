"""Put a signed manifest into a file, or make one that lies beside it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import c2pa
import cv2
import numpy as np

from understudy.core.errors import ConfigError, MediaError
from understudy.provenance.certificate import Signer
from understudy.provenance.library import context_of
from understudy.provenance.manifest import Statement, definition_of, ingredient_entry
from understudy.provenance.places import EMBEDDED, holds_manifest


def sign_copy(unsigned: Path, signed: Path, statement: Statement, signer: Signer) -> None:
    """Write a file again with a manifest in it.

    Args:
        unsigned: of a type in `places.EMBEDDED`. A manifest that is in it is thrown away: who made the file
            names what it was made from as ingredients.
        signed: the copy, of the same suffix; what is there after an error is of no use.
        statement: what the manifest says.
        signer: who says it.

    Raises:
        MediaError: it cannot be signed, or the disk is full.
    """
    kind = EMBEDDED[unsigned.suffix.lower()]
    with _failures(Path(statement.title)), unsigned.open("rb") as source, signed.open("w+b") as written:
        _builder(statement).sign(_native(signer), kind, source, written)


def signed_picture(data: bytes, statement: Statement, signer: Signer) -> bytes:
    """A small file with a manifest in it, all in memory; as `sign_copy`.

    Args:
        data: the file; `statement.title` says by its suffix of which type.
        statement: what the manifest says.
        signer: who says it.

    Raises:
        MediaError: it cannot be signed.
    """
    kind, written = EMBEDDED[Path(statement.title).suffix.lower()], io.BytesIO()
    with _failures(Path(statement.title)):
        _builder(statement).sign(_native(signer), kind, io.BytesIO(data), written)
    return written.getvalue()


def sidecar(content: io.BufferedIOBase, statement: Statement, signer: Signer) -> bytes:
    """A manifest for what cannot hold one, bound to each of its bytes.

    Args:
        content: what is signed, from its beginning on.
        statement: what the manifest says.
        signer: who says it.

    Returns:
        The content of a .c2pa file.

    Raises:
        MediaError: it cannot be signed.
    """
    digest = hashlib.file_digest(content, "sha256").digest()
    return bound_to(digest, "whole file", statement, signer)


def bound_to(
    digest: bytes, name: str, statement: Statement, signer: Signer, left_out: tuple[int, int] | None = None
) -> bytes:
    """A manifest bound to a digest that is known.

    Args:
        digest: SHA-256 of what is signed.
        name: of what that is.
        statement: what the manifest says.
        signer: who says it.
        left_out: start and length of the bytes of the file that the digest leaves out, if any.

    Returns:
        The content of a .c2pa file.

    Raises:
        MediaError: it cannot be signed.
    """
    # the library refuses to hash files of types that it does not know, but takes a hash that is there
    binding: dict[str, Any] = {"name": name, "alg": "sha256", "hash": list(digest), "pad": []}
    if left_out is not None:
        binding["exclusions"] = [{"start": left_out[0], "length": left_out[1]}]
    with _failures(Path(statement.title)):
        builder = _builder(statement, {"label": "c2pa.hash.data", "data": binding})
        builder.set_no_embed()
        return builder.sign(_native(signer), "application/c2pa", io.BytesIO(), io.BytesIO())


def check_signer(signer: Signer) -> None:
    """Find out before long work whether a certificate will do, by signing a small picture.

    Raises:
        ConfigError: it will not.
    """
    _, png = cv2.imencode(".png", np.zeros((2, 2, 3), np.uint8))
    try:
        with _failures(Path("a picture")):
            builder = _builder(Statement(title="trial.png", done="tried"))
            builder.sign(_native(signer), "image/png", io.BytesIO(png.tobytes()), io.BytesIO())
    except MediaError as error:
        raise ConfigError(
            f"this certificate does not sign media ({error.what})",
            "it needs the uses digital signature and e-mail protection, and its issuers' behind it",
        ) from error


def _builder(statement: Statement, *more: dict[str, Any]) -> c2pa.Builder:
    definition, pictures = definition_of(statement)
    definition["assertions"] += more
    builder = c2pa.Builder(definition, context=context_of())
    for name, data in pictures.items():
        builder.add_resource(name, io.BytesIO(data))
    for number, ingredient in enumerate(statement.ingredients):
        if ingredient.footage is not None:
            _add_with_its_own(builder, ingredient_entry(ingredient, number), ingredient.footage)
    return builder


def _add_with_its_own(builder: c2pa.Builder, entry: dict[str, Any], footage: Path) -> None:
    """Add an ingredient with the manifest that it has itself, if any."""
    if holds_manifest(footage):
        try:
            with footage.open("rb") as stream:
                builder.add_ingredient(entry, EMBEDDED[footage.suffix.lower()], stream)
            return
        except (c2pa.C2paError, OSError):  # no such file inside, whatever its name says
            pass
    builder.add_ingredient(entry, "application/octet-stream", io.BytesIO())


def _native(signer: Signer) -> c2pa.Signer:
    # no authority for time stamps: that would need the network
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo(signer.algorithm, signer.chain, signer.key, None))


@contextmanager
def _failures(path: Path) -> Generator[None]:
    try:
        yield
    except c2pa.C2paError as error:
        is_full = "no space" in str(error).lower()
        raise MediaError(
            f"cannot sign {path.name} ({error})",
            "free some space: signing needs the file's size beside it, and in the folder for temporary files "
            "(TMPDIR)"
            if is_full
            else "run the same command again, or give another --cert",
        ) from error
