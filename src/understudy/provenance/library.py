"""How the C2PA library is used: never with the network, and nothing added on its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version

import c2pa

PRODUCER = "understudy"


def producer() -> dict[str, str]:
    """Name and version of this program, as manifests say who made something."""
    return {"name": PRODUCER, "version": _version()}


@cache
def _version() -> str:
    return version(PRODUCER)  # read from a file each time


def context_of(roots: Sequence[bytes] = ()) -> c2pa.Context:
    """What the library may do.

    Args:
        roots: certificates, PEM, that are trusted beside those that the library knows.
    """
    settings: dict[str, object] = {
        "version": 1,
        "verify": {"verify_after_sign": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
        # what is larger is copied to the folder for temporary files while it is signed
        "core": {"allowed_network_hosts": [], "backing_store_memory_threshold_in_mb": 64},
        "builder": {
            "claim_generator_info": producer(),
            "thumbnail": {"enabled": False},
            # what was done is told in full by who did it
            "actions": {
                name: {"enabled": False}
                for name in ("auto_created_action", "auto_opened_action", "auto_placed_action")
            },
        },
    }
    if roots:
        settings["trust"] = {"user_anchors": b"".join(roots).decode()}
    return c2pa.Context.from_dict(settings)
