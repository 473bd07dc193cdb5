"""What a manifest says, looked up in its JSON; strangers write manifests, so nothing is taken for granted."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from understudy.provenance.manifest import MAKING, SOFT_BINDING

_NAMED_INFORMATION = "ni:///sha-256;"
_MOST_CHARACTERS = 2000  # of one text


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a manifest says; None and empty where it does not.

    Args:
        signer: name in the signer's certificate.
        organisation: likewise.
        made_by: program and version.
        done: what was done.
        when: when that was.
        source_types: last parts of the IPTC's digital source types.
        ingredients: {title, relation, sha256} each.
        marks: what invisible marks carry that it binds to, by their algorithms.
        making: what understudy says besides; None where that is missing, as in manifests of others.
    """

    signer: str | None = None
    organisation: str | None = None
    made_by: str | None = None
    done: str | None = None
    when: str | None = None
    source_types: list[str] = field(default_factory=list[str])
    ingredients: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    marks: dict[str, bytes] = field(default_factory=dict[str, bytes])
    making: dict[str, Any] | None = None

    @property
    def is_synthetic(self) -> bool | None:
        """Whether a trained model had a part in it; None where no source is stated."""
        if not self.source_types:
            return None
        return any("trainedalgorithmicmedia" in kind.lower() for kind in self.source_types)

    def listed(self, key: str) -> list[dict[str, Any]]:
        """A list of objects in `making`; empty where there is none."""
        return _objects((self.making or {}).get(key))

    def table(self, key: str) -> dict[str, Any]:
        """An object in `making`; empty where there is none."""
        return _object((self.making or {}).get(key))


def said_in(active: dict[str, Any]) -> Said:
    """Look up what a manifest says.

    Args:
        active: the manifest, as `read.Read` has it.
    """
    signature = _object(active.get("signature_info"))
    assertions = _objects(active.get("assertions"))
    making = [entry.get("data") for entry in assertions if entry.get("label") == MAKING]
    own = _object(making[0]) if making else None
    actions = list(_actions(assertions))
    types = [_text(action.get("digitalSourceType")) for action in actions]
    edits = [action for action in actions if _text(action.get("digitalSourceType"))] or actions
    return Said(
        signer=_text(signature.get("common_name")),
        organisation=_text(signature.get("issuer")),
        made_by=_made_by(active),
        done=_text((own or {}).get("done")) or _first(edits, "description") or _first(edits, "action"),
        when=_first(edits, "when") or _text(signature.get("time")),
        source_types=list(dict.fromkeys(kind.rpartition("/")[2] for kind in types if kind)),
        ingredients=[_ingredient(entry) for entry in _objects(active.get("ingredients"))],
        marks=_marks(assertions),
        making=own,
    )


def _made_by(active: dict[str, Any]) -> str | None:
    for entry in _objects(active.get("claim_generator_info")):
        if name := _text(entry.get("name")):
            return f"{name} {_text(entry.get('version')) or ''}".strip()
    return _text(active.get("claim_generator"))


def _actions(assertions: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for entry in assertions:
        if str(entry.get("label", "")).startswith("c2pa.actions"):
            yield from _objects(_object(entry.get("data")).get("actions"))


def _marks(assertions: list[dict[str, Any]]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for entry in assertions:
        data = _object(entry.get("data"))
        algorithm, blocks = _text(data.get("alg")), _objects(data.get("blocks"))
        if not str(entry.get("label", "")).startswith(SOFT_BINDING) or algorithm is None or not blocks:
            continue
        with suppress(ValueError):
            found[algorithm] = base64.b64decode(_text(blocks[0].get("value")) or "", validate=True)
    return found


def _ingredient(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": _text(entry.get("title")),
        "relation": _text(entry.get("relationship")),
        "sha256": _digest(_text(entry.get("instance_id")) or ""),
    }


def _digest(name: str) -> str | None:
    if not name.startswith(_NAMED_INFORMATION):
        return None
    try:
        digest = base64.urlsafe_b64decode(name.removeprefix(_NAMED_INFORMATION) + "=")
    except (ValueError, binascii.Error):
        return None
    return digest.hex() if len(digest) == 32 else None


def _first(entries: list[dict[str, Any]], key: str) -> str | None:
    return next((text for entry in entries if (text := _text(entry.get(key)))), None)


def _text(value: object) -> str | None:
    return value[:_MOST_CHARACTERS] if isinstance(value, str) and value else None


def _object(value: object) -> dict[str, Any]:
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [_object(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []
