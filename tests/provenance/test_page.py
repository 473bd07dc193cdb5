"""Manifests of web pages: where the standard puts them, and each way of changing a page told apart."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re

import c2pa
import pytest

from made_manifests import statement
from understudy.provenance.certificate import local_roots, local_signer
from understudy.provenance.page import looks_like_page, read_inside, read_page, signed_page
from understudy.provenance.read import Read

PAGE = (
    "<!doctype html>\n<html><head><meta charset=utf-8><title>Größe</title></head><body>"
    + "x" * 5000
    + "</body></html>"
).encode()


@pytest.fixture(scope="module")
def signed() -> bytes:
    return signed_page(PAGE, statement("report.html"), local_signer())


def read(page: bytes) -> Read:
    return read_inside(io.BytesIO(page), media_type=None, roots=local_roots())


def element_of(page: bytes) -> bytes:
    found = re.search(rb'<script type="application/c2pa">.*?</script>', page)
    assert found is not None
    return found[0]


def test_the_page_stays_and_the_manifest_is_in_its_head(signed: bytes) -> None:
    element = element_of(signed)
    assert signed.replace(element, b"") == PAGE
    assert signed.index(element) < signed.index(b"</head>")
    assert signed.index(b"charset") < 1024
    result = read(signed)
    assert (result.state, result.edited, result.is_trusted, result.is_embedded) == (
        "valid",
        False,
        True,
        True,
    )
    assert result.active["title"] == "report.html"


def test_the_hash_is_the_standards(signed: bytes) -> None:
    """Worked out anew from the manifest, as any program may that knows C2PA's way with pages."""
    element = element_of(signed)
    store = base64.b64decode(element[element.index(b">") + 1 : element.rindex(b"<")])
    said = json.loads(c2pa.Reader("application/c2pa", io.BytesIO(b""), store).detailed_json())
    binding = said["manifests"][said["active_manifest"]]["assertion_store"]["c2pa.hash.data"]
    (left_out,) = binding["exclusions"]
    assert signed[left_out["start"] :][: left_out["length"]] == element
    rest = signed[: left_out["start"]] + signed[left_out["start"] + left_out["length"] :]
    assert base64.b64decode(binding["hash"]) == hashlib.sha256(rest).digest()


def test_each_change_is_told(signed: bytes) -> None:
    element = element_of(signed)
    for changed in (
        signed.replace("Größe".encode(), "Grösse".encode()),
        signed + b"x",
        b" " + signed,
        signed.replace(element, b"").replace(b"</body>", element + b"</body>"),  # moved
    ):
        assert (read(changed).state, read(changed).edited) == ("valid", True)
    said = bytearray(signed)
    at = signed.index(element) + len(element) // 2
    said[at] = ord("A") if said[at] != ord("A") else ord("B")
    assert read(bytes(said)).state == "invalid"
    assert read(signed.replace(element, element[:200] + b"</script>")).state == "invalid"
    for absent in (PAGE, signed.replace(element, element + element), signed.replace(element, b"")):
        assert read(absent).state == "absent"


def test_nothing_else_may_be_left_out_of_the_hash() -> None:
    """Somebody signs a page whose hash leaves out more than the manifest: what is there could be anything."""
    from understudy.provenance.sign import bound_to

    at, store, length = PAGE.index(b"</head>"), b"", 0
    for _ in range(5):
        # from the manifest on, the next 1,000 bytes, too
        digest = hashlib.sha256(PAGE[:at] + PAGE[at + 1000 :]).digest()
        store = bound_to(digest, "page", statement(), local_signer(), left_out=(at, length + 1000))
        element = b'<script type="application/c2pa">' + base64.b64encode(store) + b"</script>"
        if length == len(element):
            break
        length = len(element)
    assert read(PAGE[:at] + element + PAGE[at:]).edited


@pytest.mark.parametrize(
    "start", [b"<!DOCTYPE HTML>", b"\xef\xbb\xbf\n<html lang=en>", b"<!-- a --><!doctype html>"]
)
def test_pages_are_told_by_what_they_begin_with(start: bytes) -> None:
    assert looks_like_page(start)


@pytest.mark.parametrize("start", [b"", b"<svg>", b"text <html>", b"\x89PNG", b"<htmlx"])
def test_other_files_are_not(start: bytes) -> None:
    assert not looks_like_page(start)
    assert read(start).state == "absent"


def test_a_page_without_a_head(signed: bytes) -> None:
    with pytest.raises(ValueError, match="without a head"):
        signed_page(b"<html></html>", statement(), local_signer())
    assert read_page(b"<html></html>").state == "absent"
