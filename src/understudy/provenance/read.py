"""Read the manifest of any file, and tell what holds of it."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

import c2pa

from understudy.provenance.library import context_of

State = Literal["valid", "invalid", "absent"]

# the library sets these when it is imported
_ManifestNotFound: type[c2pa.C2paError] = getattr(c2pa.C2paError, "ManifestNotFound")  # noqa: B009
_NotSupported: type[c2pa.C2paError] = getattr(c2pa.C2paError, "NotSupported")  # noqa: B009

UNTRUSTED = "signingCredential.untrusted"
_CONTENT_CHANGED = frozenset(
    f"assertion.{kind}.mismatch"
    for kind in ("dataHash", "bmffHash", "boxesHash", "collectionHash", "multiAssetHash")
)
_REMOTE = re.compile(r"fetch remote manifests from url (\S+)")
_SEARCHED_BYTES = 4 << 20  # at both ends of a file that cannot be parsed
_TRACES = (b"c2pa.claim", b"c2pa.assertions", b"c2pa.signature")


@dataclass(frozen=True, kw_only=True)
class Read:
    """A manifest, as far as there is one.

    Args:
        state: "valid": it says what its signer signed; "invalid": it was changed or is damaged; "absent".
        edited: whether the content is another than the one signed; None where that cannot be told.
        is_trusted: whether the signer's certificate is one that this machine trusts.
        failures: what fails, as the standard calls it, but for a signer who is not known.
        problem: what prevents reading it, as the library says it, for developers; "" where it was read.
        active: the manifest, as JSON has it; empty where it was not read.
        is_embedded: whether it lies in the file.
        remote_url: where it lies, if elsewhere on the network; nothing is fetched.
    """

    state: State
    edited: bool | None = None
    is_trusted: bool = False
    failures: Sequence[str] = ()
    problem: str = ""
    active: dict[str, Any] = field(default_factory=dict[str, Any])
    is_embedded: bool = True
    remote_url: str = ""


ABSENT = Read(state="absent")


def read_manifest(
    content: BinaryIO, *, media_type: str | None, beside: bytes | None = None, roots: Sequence[bytes] = ()
) -> Read:
    """Read and check a manifest; nothing that a file holds makes this fail.

    Args:
        content: the file, from its beginning on.
        media_type: of the file by its name, for types that do not show in the content.
        beside: the manifest, where it is not in the file.
        roots: certificates, PEM, that are trusted beside those that the library knows.

    Raises:
        OSError: the file cannot be read.

    Reference:
        C2PA 2.2, 15: validation, and its codes.
    """
    context = context_of(roots)
    problem = ""
    # first by what the content shows: names may lie
    for kind in (None, media_type) if beside is None else (media_type or "application/octet-stream",):
        content.seek(0)
        try:
            with c2pa.Reader(kind, content, beside, context) as reader:
                return checked(reader, is_embedded=beside is None)
        except _ManifestNotFound:
            return ABSENT
        except _NotSupported:
            continue
        except c2pa.C2paError as error:
            if remote := _REMOTE.search(str(error)):
                return Read(state="absent", is_embedded=False, remote_url=remote[1])
            problem = _after_colon(error)
            break
    if problem and (beside is not None or _has_trace(content)):
        return Read(state="invalid", problem=problem, is_embedded=beside is None)
    return Read(state="absent", problem=problem)


def checked(reader: c2pa.Reader, *, is_embedded: bool, passed_over: Container[tuple[str, str]] = ()) -> Read:
    """What a manifest says, and what of it holds.

    Args:
        reader: of the library, which has read it.
        is_embedded: whether it lies in the file.
        passed_over: failures, by code and explanation, that the library is wrong about.
    """
    said = json.loads(reader.json())
    active = said.get("manifests", {}).get(said.get("active_manifest"), {})
    results = said.get("validation_results", {}).get("activeManifest", {})
    failed = [entry for entry in results.get("failure", []) if _kind(entry) not in passed_over]
    codes = [str(entry.get("code", "")) for entry in failed]
    # of manifests that came along with ingredients: only what was right when this one was signed
    codes += [
        str(entry.get("code", ""))
        for delta in said.get("validation_results", {}).get("ingredientDeltas", [])
        for entry in delta.get("validationDeltas", {}).get("failure", [])
    ]
    failures = list(dict.fromkeys(code for code in codes if code != UNTRUSTED))
    is_passed_over = len(failed) < len(results.get("failure", []))
    if said.get("validation_state") not in ("Valid", "Trusted") and not failures and not is_passed_over:
        failures = ["general.error"]  # it fails, and does not say why
    is_changed = any(code in _CONTENT_CHANGED for code in failures)
    passed = {str(entry.get("code", "")) for entry in results.get("success", [])}
    is_whole = "claimSignature.validated" in passed and all(code in _CONTENT_CHANGED for code in failures)
    return Read(
        state="valid" if is_whole else "invalid",
        # what a broken manifest says of the content proves nothing
        edited=is_changed if is_whole else None,
        is_trusted=is_whole and "signingCredential.trusted" in passed,
        failures=failures,
        active=active,
        is_embedded=is_embedded,
        remote_url=reader.get_remote_url() or "",
    )


def _kind(entry: dict[str, Any]) -> tuple[str, str]:
    return str(entry.get("code", "")), str(entry.get("explanation", ""))


def _has_trace(content: BinaryIO) -> bool:
    """Whether something in the file looks like a manifest."""
    size = content.seek(0, 2)
    for start in (0, max(0, size - _SEARCHED_BYTES)):
        content.seek(start)
        data = content.read(_SEARCHED_BYTES)
        if any(trace in data for trace in _TRACES):
            return True
    return False


def _after_colon(error: Exception) -> str:
    return str(error).partition(": ")[2] or str(error)
