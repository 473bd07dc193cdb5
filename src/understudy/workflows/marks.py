"""Pictures and pages beside an output that show a drawn face: they say what they are, as it does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from understudy.faces.faceset import Faceset
from understudy.faces.faceset_schema import is_faceset
from understudy.media.footage import expand_footage, sha256_of
from understudy.media.picture_tags import tagged
from understudy.media.xmp import PICTURE_NOTICE, XMP_KEY, synthetic_xmp
from understudy.provenance.certificate import Signer, local_signer
from understudy.provenance.manifest import Ingredient, Statement
from understudy.provenance.page import signed_page
from understudy.provenance.places import media_type_of
from understudy.provenance.sign import signed_picture
from understudy.report.shell import Finish
from understudy.training.model_index import ModelIndex

PICTURE_TAGS = {"Comment": PICTURE_NOTICE, XMP_KEY: synthetic_xmp(PICTURE_NOTICE)}

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What such pictures have in common.

    Without thumbnails, and with what they were made from named by digest only: a picture of some kilobytes
    grows by about five.

    Args:
        signer: who signs them.
        making: what is said besides: command, model, people, consent.
        ingredients: what they were made from.
    """

    signer: Signer = field(default_factory=local_signer)
    making: Mapping[str, Any] = field(default_factory=dict[str, Any])
    ingredients: Sequence[Ingredient] = ()

    def made_from(self, *footage: Path | None) -> Marks:
        """The same of pictures that were made from footage or facesets, too; None is left out.

        Raises:
            UnderstudyError: one cannot be read.
        """
        found = [one for path in dict.fromkeys(footage) if path is not None for one in _ingredients(path)]
        return replace(self, ingredients=[*self.ingredients, *found])

    def picture(self, data: bytes, *, name: str, done: str) -> bytes:
        """Sign the bytes of a JPEG, PNG or WebP.

        Args:
            data: the picture.
            name: of its file.
            done: what it shows.

        Raises:
            MediaError: it cannot be signed.
        """
        return signed_picture(tagged(data, PICTURE_TAGS), self._statement(name, done), self.signer)

    def page(self, name: str, done: str) -> Finish:
        """What signs a web page; `name` is that of its file, `done` what it shows."""
        return partial(signed_page, statement=self._statement(name, done), signer=self.signer)

    def _statement(self, name: str, done: str) -> Statement:
        return Statement(title=name, done=done, ingredients=self.ingredients, making=self.making)


def marks_of_model(index: ModelIndex, command: str, signer: Signer | None = None) -> Marks:
    """What pictures that a model drew say: whose faces it has learnt, and by whose consent.

    Args:
        index: of the model.
        command: that makes them.
        signer: who signs; this machine's own where None.
    """
    people = index.identities
    return Marks(
        signer=signer or local_signer(),
        making={
            "command": command,
            "model": {"preset": index.preset, "steps": index.step, "people": [one.name for one in people]},
            "consent": [one.consent.model_dump(exclude_none=True) for one in people if one.consent],
        },
        ingredients=[faces_of(one.name, one.faceset_digest) for one in people],
    )


def faces_of(name: str, digest: str) -> Ingredient:
    """Somebody's faces; a model comes from outside, and what it says need not be a digest."""
    return by_digest(f"faces of {name}", digest)


def by_digest(title: str, digest: str) -> Ingredient:
    """What is known by its digest alone, which is left out where it is none."""
    return Ingredient(title=title, relation="inputTo", sha256=digest if _SHA256.fullmatch(digest) else "")


def _ingredients(path: Path) -> list[Ingredient]:
    if is_faceset(path):
        with Faceset.open(path) as faceset:
            return [faces_of(faceset.identity, faceset.digest())]
    return [
        Ingredient(title=one.name, relation="inputTo", sha256=sha256_of(one), media_type=media_type_of(one))
        for one in expand_footage([path])
    ]


def said_of_model(index: ModelIndex) -> dict[str, Any]:
    """What a manifest says of a model."""
    return {
        "sha256": index.weights_sha256,
        "preset": index.preset,
        "steps": index.step,
        "people": [entry.name for entry in index.identities],
    }
