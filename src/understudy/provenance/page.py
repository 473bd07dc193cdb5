"""The manifest of a web page, inside the page.

Reference:
    C2PA 2.4, embedding manifests into HTML: a script element in the head, whose bytes are left out of the
    hash that binds the manifest to the page.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import re
from collections.abc import Sequence
from typing import BinaryIO

import c2pa

from understudy.provenance.certificate import Signer
from understudy.provenance.library import context_of
from understudy.provenance.manifest import Statement
from understudy.provenance.read import ABSENT, Read, checked, read_manifest
from understudy.provenance.sign import bound_to

_MOST_PAGE_BYTES, _START_BYTES = 256 << 20, 4096
_HEAD_ENDS = re.compile(
    rb"</head\s*>", re.IGNORECASE
)  # browsers look for the charset in the first 1024 bytes
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<!--.{0,1000}?-->\s*)?<(?:!doctype html|html)\b", re.IGNORECASE)
_OPENED, _CLOSED = b'<script type="application/c2pa">', b"</script>"
_ELEMENT = re.compile(
    # spaces are counted: a page from a stranger may have a megabyte of them
    rb"<script\s{1,16}type\s{0,16}=\s{0,16}[\"']?application/c2pa[\"']?\s{0,16}>([^<]*)</script>",
    re.IGNORECASE,
)
_TRIES = 5  # the length of a manifest depends on the digits of its own length, and that settles at once
# the library looks for manifests where files of types that it knows have them, and knows none in pages
_ELSEWHERE = (
    "assertion.dataHash.mismatch",
    "data hash exclusion does not match the manifest location in the asset",
)


def read_inside(content: BinaryIO, *, media_type: str | None, roots: Sequence[bytes] = ()) -> Read:
    """Read and check the manifest inside a file of any type, pages included; as `read.read_manifest`."""
    content.seek(0)
    if not looks_like_page(content.read(_START_BYTES)):
        return read_manifest(content, media_type=media_type, roots=roots)
    content.seek(0)
    page = content.read(_MOST_PAGE_BYTES + 1)
    return ABSENT if len(page) > _MOST_PAGE_BYTES else read_page(page, roots)


def looks_like_page(start: bytes) -> bool:
    """Whether a file that starts so is HTML."""
    return _PAGE.match(start) is not None


def signed_page(page: bytes, statement: Statement, signer: Signer) -> bytes:
    """Put a manifest into the head of a page.

    Args:
        page: HTML without a manifest.
        statement: what the manifest says.
        signer: who says it.

    Raises:
        ValueError: it has no head.
        MediaError: it cannot be signed.
    """
    head = _HEAD_ENDS.search(page)
    if head is None:
        raise ValueError("a page without a head has no place for a manifest")
    at, digest, element = head.start(), hashlib.sha256(page).digest(), b""
    for _ in range(_TRIES):
        store = bound_to(digest, "page", statement, signer, left_out=(at, len(element)))
        before, element = element, _OPENED + base64.b64encode(store) + _CLOSED
        if len(element) == len(before):
            return page[:at] + element + page[at:]
    raise AssertionError("the manifest's length does not settle")


def read_page(page: bytes, roots: Sequence[bytes] = ()) -> Read:
    """Read and check the manifest inside a page; nothing that it holds makes this fail.

    Args:
        page: the whole file.
        roots: certificates, PEM, that are trusted beside those that the library knows.
    """
    found = list(_ELEMENT.finditer(page))
    if len(found) != 1:  # of several the standard says that there is none
        return ABSENT
    start, end = found[0].span()
    try:
        store = base64.b64decode(found[0][1].strip(), validate=True)
        with c2pa.Reader("application/octet-stream", io.BytesIO(page), store, context_of(roots)) as reader:
            is_bound = _is_bound(reader, page, start, end)
            return checked(reader, is_embedded=True, passed_over=(_ELSEWHERE,) if is_bound else ())
    except (binascii.Error, c2pa.C2paError) as error:
        return Read(state="invalid", problem=str(error))


def _is_bound(reader: c2pa.Reader, page: bytes, start: int, end: int) -> bool:
    """Whether what is left out of the hash is the manifest's own element, and nothing else."""
    said = json.loads(reader.detailed_json())
    store = said.get("manifests", {}).get(said.get("active_manifest"), {}).get("assertion_store", {})
    binding = store.get("c2pa.hash.data", {})
    if (
        binding.get("exclusions") != [{"start": start, "length": end - start}]
        or binding.get("alg") != "sha256"
    ):
        return False
    digest = hashlib.sha256(page[:start] + page[end:]).digest()
    return base64.b64encode(digest).decode() == binding.get("hash")
