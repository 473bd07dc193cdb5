"""What an output says of itself, in the terms of C2PA: made of what, how, and with whose consent."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from understudy.core.shown import shown
from understudy.media.xmp import DIGITAL_SOURCE_TYPE
from understudy.provenance.library import producer

MAKING = "understudy.making"  # label of the assertion that says what C2PA has no words for
SOFT_BINDING = "c2pa.soft-binding"
_ACTIONS, _METADATA = "c2pa.actions.v2", "c2pa.metadata"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"

Relation = Literal["parentOf", "inputTo"]


@dataclass(frozen=True, kw_only=True)
class Ingredient:
    """Something that an output was made from.

    Args:
        title: its name, without folders: where things lie is nobody's business.
        relation: "parentOf" what was changed, at most one; "inputTo" what the change was made with.
        sha256: of its content, 64 hex digits; "" where it is not known.
        media_type: MIME type.
        thumbnail: a small JPEG, where there is one.
        footage: its file, where that may have a manifest of its own, which then comes along.
    """

    title: str
    relation: Relation
    sha256: str
    media_type: str = "application/octet-stream"
    thumbnail: bytes | None = None
    footage: Path | None = None


@dataclass(frozen=True, kw_only=True)
class SoftBinding:
    """What finds a manifest again once it was removed: an invisible watermark.

    Args:
        algorithm: its name.
        value: what it carries.
    """

    algorithm: str
    value: bytes


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What is said of an output.

    Args:
        title: name of its file.
        done: what was done, a few words.
        ingredients: what it was made from.
        making: anything else that JSON can say: model, settings, consent.
        thumbnail: a small JPEG of the output, where there is one.
        soft_bindings: the marks inside it, each of another algorithm.
        also: what else was done, a few words each.
        is_synthetic: whether a trained model had a part in it; else it was only written anew.
    """

    title: str
    done: str
    ingredients: Sequence[Ingredient] = ()
    making: Mapping[str, Any] = field(default_factory=dict[str, Any])
    thumbnail: bytes | None = None
    soft_bindings: Sequence[SoftBinding] = ()
    also: Sequence[str] = ()
    is_synthetic: bool = True


def definition_of(statement: Statement) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A statement as the C2PA library takes it.

    Returns:
        The definition, without ingredients whose `footage` is given; and pictures by the names that it
        calls them.

    Reference:
        C2PA 2.2, 9 (manifests), 18.15 (actions), 18.16 (ingredients), 18.10 (soft bindings).
    """
    pictures: dict[str, bytes] = {}
    ingredients: list[dict[str, Any]] = []
    for number, ingredient in enumerate(statement.ingredients):
        entry = ingredient_entry(ingredient, number)
        if ingredient.thumbnail is not None:
            pictures[entry["thumbnail"]["identifier"]] = ingredient.thumbnail
        if ingredient.footage is None:
            ingredients.append(entry)
    definition: dict[str, Any] = {
        "claim_version": 2,
        "title": shown(statement.title),
        "claim_generator_info": [producer()],
        "ingredients": ingredients,
        "assertions": _assertions(statement),
    }
    if statement.thumbnail is not None:
        definition["thumbnail"] = {"format": "image/jpeg", "identifier": "output.jpg"}
        pictures["output.jpg"] = statement.thumbnail
    return definition, pictures


def ingredient_entry(ingredient: Ingredient, number: int) -> dict[str, Any]:
    """One ingredient as the library takes it.

    Args:
        ingredient: what it is.
        number: its place in the statement.

    Reference:
        RFC 6920: names that are a digest (ni:).
    """
    entry: dict[str, Any] = {
        "title": shown(ingredient.title),
        "format": ingredient.media_type,
        "relationship": ingredient.relation,
        "label": _label(number),
    }
    if ingredient.sha256:
        digest = base64.urlsafe_b64encode(bytes.fromhex(ingredient.sha256)).decode().rstrip("=")
        entry["instance_id"] = f"ni:///sha-256;{digest}"
    if ingredient.thumbnail is not None:
        entry["thumbnail"] = {"format": "image/jpeg", "identifier": f"ingredient_{number}.jpg"}
    return entry


def _label(number: int) -> str:
    return f"ingredient_{number}"


def _assertions(statement: Statement) -> list[dict[str, Any]]:
    inputs = [
        {"title": each.title, "relation": each.relation, "sha256": each.sha256}
        for each in statement.ingredients
    ]
    done = "; ".join((statement.done, *statement.also))
    making = {"made_by": producer(), "done": done, "inputs": inputs, **statement.making}
    making = json.loads(shown(json.dumps(making, ensure_ascii=False)))  # names of files in it, too
    metadata = {"@context": {"Iptc4xmpExt": _IPTC}, "Iptc4xmpExt:DigitalSourceType": DIGITAL_SOURCE_TYPE}
    assertions = [
        {"label": _ACTIONS, "data": {"actions": _actions(statement)}},
        {"label": MAKING, "kind": "Json", "data": making},
    ]
    if statement.is_synthetic:
        assertions.append({"label": _METADATA, "kind": "Json", "data": metadata})
    for mark in statement.soft_bindings:
        blocks = [{"scope": {}, "value": base64.b64encode(mark.value).decode()}]
        assertions.append({"label": SOFT_BINDING, "data": {"alg": mark.algorithm, "blocks": blocks}})
    return assertions


def _actions(statement: Statement) -> list[dict[str, Any]]:
    """Opened or created, then edited: a manifest must begin with one of the first two."""
    labels: dict[str, list[str]] = {"parentOf": [], "inputTo": []}
    for number, ingredient in enumerate(statement.ingredients):
        labels[ingredient.relation].append(_label(number))
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    how: dict[str, Any] = {"action": "c2pa.edited"}
    if statement.is_synthetic:
        how["digitalSourceType"] = DIGITAL_SOURCE_TYPE
    elif labels["parentOf"]:
        how["action"] = "c2pa.transcoded"
    edited, *more = (
        {**how, "when": now, "softwareAgent": producer(), "description": done}
        for done in (statement.done, *statement.also)
    )
    used = labels["parentOf" if how["action"] == "c2pa.transcoded" else "inputTo"]
    if used:
        edited["parameters"] = {"ingredientIds": used}
    if labels["parentOf"]:
        return [{"action": "c2pa.opened", "parameters": {"ingredientIds": labels["parentOf"]}}, edited, *more]
    return [edited | {"action": "c2pa.created"}, *more]
