"""Manifests in real files: they read in the library's own reader, and every change of a file shows."""

from __future__ import annotations

import io
import json
import shutil
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import c2pa
import pytest

from made_manifests import made, sign_file, statement, with_changed_byte
from understudy.core.errors import MediaError
from understudy.provenance.certificate import local_signer
from understudy.provenance.file_list import digests_of, listing
from understudy.provenance.library import context_of
from understudy.provenance.manifest import DIGITAL_SOURCE_TYPE, Ingredient, SoftBinding
from understudy.provenance.places import EMBEDDED
from understudy.provenance.read import read_manifest
from understudy.provenance.said import said_in
from understudy.provenance.sign import sidecar

KINDS = (".mp4", ".mov", ".m4v", ".jpg", ".png", ".webp", ".tiff", ".wav", ".mp3", ".flac", ".avi", ".m4a")
UNTRUSTED = "signingCredential.untrusted"


def signed(path: Path, **more: Any) -> Path:
    sign_file(made(path), replace(statement(path.name), **more), local_signer())
    return path


def in_library(path: Path, beside: bytes | None = None) -> tuple[str, list[str], dict[str, Any]]:
    """What the library itself says: state, failures and the manifest."""
    with path.open("rb") as file, c2pa.Reader(None, file, beside, c2pa.Context()) as reader:
        said = json.loads(reader.json())
    codes = [entry["code"] for entry in said["validation_results"]["activeManifest"]["failure"]]
    return said["validation_state"], codes, said["manifests"][said["active_manifest"]]


@pytest.mark.parametrize("suffix", KINDS)
def test_the_library_reads_it_and_only_misses_trust(suffix: str, tmp_path: Path) -> None:
    path = signed(tmp_path / f"Ü ß{suffix}")
    state, failures, manifest = in_library(path)
    assert (state, failures) == ("Valid", [UNTRUSTED])
    assert manifest["title"] == path.name
    actions = manifest["assertions"][[a["label"] for a in manifest["assertions"]].index("c2pa.actions.v2")]
    assert [action["action"] for action in actions["data"]["actions"]] == ["c2pa.opened", "c2pa.edited"]
    assert actions["data"]["actions"][1]["digitalSourceType"] == DIGITAL_SOURCE_TYPE
    assert {each["relationship"] for each in manifest["ingredients"]} == {"parentOf", "inputTo"}
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("suffix", KINDS)
def test_a_changed_byte_of_the_content_is_told(suffix: str, tmp_path: Path) -> None:
    plain = made(tmp_path / f"plain{suffix}").read_bytes()
    path = signed(tmp_path / f"signed{suffix}")
    # bytes of the content that lie in both files: where a piece of the plain file is found again
    piece = plain[len(plain) * 3 // 4 :][:24]
    assert path.read_bytes().count(piece) == 1
    at = path.read_bytes().find(piece)
    changed = with_changed_byte(path, tmp_path / f"changed{suffix}", at + 5)
    with changed.open("rb") as file:
        read = read_manifest(file, media_type=EMBEDDED[suffix])
    assert (read.state, read.edited) == ("valid", True)


def test_signing_keeps_the_content(tmp_path: Path) -> None:
    path = made(tmp_path / "a.mp4")
    before = path.read_bytes()
    sign_file(path, statement(), local_signer())
    at = before.find(b"mdat")
    assert before[at:][:3000] in path.read_bytes()


def test_what_cannot_hold_one_has_it_beside(tmp_path: Path) -> None:
    path = made(tmp_path / "a.mkv")
    with path.open("rb") as file:
        data = sidecar(file, statement("a.mkv"), local_signer())
    state, failures, manifest = in_library(path, data)
    assert (state, failures, manifest["title"]) == ("Valid", [UNTRUSTED], "a.mkv")
    changed = with_changed_byte(path, tmp_path / "b.mkv", 700)
    with changed.open("rb") as file:
        read = read_manifest(file, media_type="video/x-matroska", beside=data)
    assert (read.state, read.edited, read.is_embedded) == ("valid", True, False)


def test_many_files_share_one_that_is_bound_to_their_list(tmp_path: Path) -> None:
    files = [made(tmp_path / f"{n:04d}.png") for n in range(3)]
    data = sidecar(io.BytesIO(listing(digests_of(files))), statement("%04d.png"), local_signer())
    read = read_manifest(io.BytesIO(listing(digests_of(files))), media_type=None, beside=data)
    assert (read.state, read.edited) == ("valid", False)
    with_changed_byte(files[1], files[1], 90)
    assert read_manifest(io.BytesIO(listing(digests_of(files))), media_type=None, beside=data).edited


def test_everything_said_is_read_again(tmp_path: Path) -> None:
    mark = SoftBinding(algorithm="understudy.watermark", value=b"12345678")
    with signed(
        tmp_path / "a.jpg", soft_bindings=[mark], thumbnail=made(tmp_path / "t.jpg").read_bytes()
    ).open("rb") as file:
        read = read_manifest(file, media_type="image/jpeg")
    said = said_in(read.active)
    assert (said.done, said.is_synthetic) == ("a face was replaced", True)
    assert said.made_by
    assert said.made_by.startswith("understudy ")
    assert said.when
    assert said.table("model") == {"sha256": "ef" * 32, "preset": "tiny", "steps": 7}
    assert said.listed("consent") == [{"identity": "Anna", "kind": "self"}]
    assert sorted(each["sha256"] for each in said.ingredients) == ["ab" * 32, "cd" * 32]
    binding = [a for a in read.active["assertions"] if a["label"] == "c2pa.soft-binding"]
    assert binding[0]["data"] == {
        "alg": "understudy.watermark",
        "blocks": [{"scope": {}, "value": "MTIzNDU2Nzg="}],
    }


def test_an_ingredient_brings_its_own_manifest_along(tmp_path: Path) -> None:
    first = signed(tmp_path / "first.mp4")
    target = Ingredient(title="first.mp4", relation="parentOf", sha256="12" * 32, footage=first)
    second = signed(tmp_path / "second.mp4", ingredients=[target])
    state, failures, manifest = in_library(second)
    assert (state, failures) == ("Valid", [UNTRUSTED])
    assert "active_manifest" in manifest["ingredients"][0]
    # what is changed in the manifest that came along is told, too
    data = second.read_bytes()
    at = data.find(b"c2pa.edited")  # the older one is the first
    changed = with_changed_byte(second, tmp_path / "changed.mp4", at)
    with changed.open("rb") as file:
        read = read_manifest(file, media_type="video/mp4")
    assert read.state == "invalid"
    assert any("mismatch" in code for code in read.failures), read.failures


def test_an_ingredient_may_be_anything(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_text("hello")
    for name in ("no.mp4", "absent.mp4", "absent.xyz"):
        one = Ingredient(title=name, relation="parentOf", sha256="", footage=tmp_path / name)
        assert in_library(signed(tmp_path / "a.png", ingredients=[one]))[:2] == ("Valid", [UNTRUSTED])


def test_without_ingredients_it_was_created(tmp_path: Path) -> None:
    state, failures, manifest = in_library(signed(tmp_path / "a.png", ingredients=[]))
    assert (state, failures) == ("Valid", [UNTRUSTED])
    assert "c2pa.created" in json.dumps(manifest)


def test_the_machine_trusts_itself_and_nobody_else(tmp_path: Path) -> None:
    path = signed(tmp_path / "a.png")
    from understudy.provenance.certificate import local_roots

    for roots, trusted in ((local_roots(), True), ([], False)):
        with path.open("rb") as file:
            read = read_manifest(file, media_type=None, roots=roots)
        assert (read.state, read.edited, read.is_trusted) == ("valid", False, trusted)


def test_a_file_that_cannot_be_signed_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no video at all")
    with pytest.raises(MediaError, match=r"cannot sign a\.mp4"):
        sign_file(path, statement("a.mp4"), local_signer())
    assert path.read_bytes() == b"no video at all"
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]


def test_nothing_touches_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest that lies elsewhere is not fetched: a server that would have it hears nothing."""
    source = made(tmp_path / "a.jpg")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": DIGITAL_SOURCE_TYPE}]}
        definition = {
            "claim_generator_info": [{"name": "else"}],
            "assertions": [{"label": "c2pa.actions.v2", "data": actions}],
        }
        builder = c2pa.Builder(definition, context=context_of())
        builder.set_no_embed()
        builder.set_remote_url(f"http://127.0.0.1:{server.getsockname()[1]}/a.c2pa")
        signer = local_signer()
        info = c2pa.C2paSignerInfo(signer.algorithm, signer.chain, signer.key, None)
        with source.open("rb") as file, (tmp_path / "b.jpg").open("w+b") as out:
            builder.sign(c2pa.Signer.from_info(info), "image/jpeg", file, out)
        with (tmp_path / "b.jpg").open("rb") as file:
            read = read_manifest(file, media_type="image/jpeg")
        with pytest.raises(TimeoutError):
            server.accept()
    assert read.state == "absent"
    assert "127.0.0.1" in read.remote_url


@pytest.mark.parametrize("part", ["c2pa.edited", "c2pa.signature", "understudy.making", "dc:title"])
def test_a_changed_manifest_proves_nothing(part: str, tmp_path: Path) -> None:
    path = signed(tmp_path / "a.png")
    at = path.read_bytes().find(part.encode())
    assert at > 0
    changed = with_changed_byte(path, tmp_path / "b.png", at + len(part) + 3)
    with changed.open("rb") as file:
        read = read_manifest(file, media_type="image/png")
    assert (read.state, read.edited, read.is_trusted) == ("invalid", None, False)


def test_any_rubbish_is_read(tmp_path: Path) -> None:
    path = signed(tmp_path / "a.mp4")
    whole = path.read_bytes()
    cases = [
        b"",
        b"\0",
        b"hello",
        whole[: len(whole) // 2],
        whole[200:],
        b"\xff\xd8\xff",
        b"RIFF\xff\xff\xff\xffWAVE",
    ]
    for data in cases:
        for kind in (None, "video/mp4", "image/jpeg", "audio/mpeg", "application/octet-stream"):
            assert read_manifest(io.BytesIO(data), media_type=kind).state in ("absent", "invalid")
    assert (
        read_manifest(io.BytesIO(whole), media_type="image/jpeg").state == "valid"
    )  # whatever its name says
    assert read_manifest(io.BytesIO(whole), media_type=None, beside=b"rubbish").state == "invalid"


def test_a_copy_keeps_its_manifest(tmp_path: Path) -> None:
    path = signed(tmp_path / "a.wav")
    shutil.copy(path, tmp_path / "b.wav")
    assert in_library(tmp_path / "b.wav")[0] == "Valid"
