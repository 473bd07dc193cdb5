"""What became of a file: each way of changing it is told apart, whoever made it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import c2pa
import pytest

from made_manifests import encoded_again, made, remuxed, sign_file, statement, with_changed_byte
from understudy.core.errors import MediaError
from understudy.media.footage import sha256_of
from understudy.media.picture_tags import tagged
from understudy.media.xmp import SYNTHETIC_NOTICE, append_xmp
from understudy.provenance.certificate import Signer, local_signer
from understudy.provenance.file_list import digests_of, files_said, listing
from understudy.provenance.local_chain import make_chain
from understudy.provenance.manifest import Ingredient
from understudy.provenance.places import sidecar_of
from understudy.provenance.read import Read
from understudy.provenance.sign import sidecar
from understudy.workflows import verify
from understudy.workflows.verify_result import VerifyConfig, VerifyResult


def result_of(path: Path) -> VerifyResult:
    return verify.run(VerifyConfig(file=path))


def verdict_of(path: Path) -> tuple[str, str, bool | None]:
    result = result_of(path)
    return result.verdict, result.manifest, result.edited


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video with the notice in its tags, as conversions write it, and no manifest."""
    folder = tmp_path_factory.mktemp("plain")
    path = made(folder / "made.mp4")
    return _noticed(path, folder / "plain.mp4")


def _noticed(path: Path, out: Path) -> Path:
    import av

    with av.open(str(path)) as source, av.open(str(out), "w") as copy:
        copy.metadata["comment"] = SYNTHETIC_NOTICE
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    return out


@pytest.fixture
def signed(plain: Path, tmp_path: Path) -> Path:
    path = tmp_path / "Aufnahme 1 ß.mp4"
    path.write_bytes(plain.read_bytes())
    append_xmp(path)
    sign_file(path, statement(path.name), local_signer())
    return path


def test_intact_and_everything_it_says(signed: Path) -> None:
    result = result_of(signed)
    assert verdict_of(signed) == ("intact", "valid", False)
    assert (result.place, result.is_synthetic, result.reasons, result.codes) == ("inside", True, [], [])
    assert result.signed_by is not None
    assert (result.signed_by.name, result.signed_by.is_trusted) == ("Understudy local signer", True)
    assert result.done == "a face was replaced"
    assert result.model is not None
    assert result.model["sha256"] == "ef" * 32
    assert result.roles == [{"source": "Anna", "target": "Bob"}]
    assert result.consent == [{"identity": "Anna", "kind": "self"}]
    assert result.settings == {"blend": "feather"}


def test_each_change_has_its_own_word(signed: Path, tmp_path: Path) -> None:
    data = signed.read_bytes()
    changed = with_changed_byte(signed, tmp_path / "byte.mp4", data.find(b"mdat") + 500)
    assert verdict_of(changed) == ("edited", "valid", True)
    said = with_changed_byte(signed, tmp_path / "said.mp4", data.find(b"c2pa.edited"))
    assert verdict_of(said) == ("manifest invalid", "invalid", None)
    assert result_of(said).model is None  # what it says is not proved
    (tmp_path / "cut.mp4").write_bytes(data[:-300])
    assert verdict_of(tmp_path / "cut.mp4")[0] == "manifest invalid"
    (tmp_path / "grown.mp4").write_bytes(data + b"\0\0\0\x10junk12345678")
    assert verdict_of(tmp_path / "grown.mp4") == ("edited", "valid", True)


def test_without_its_manifest_the_tags_are_left(signed: Path, tmp_path: Path) -> None:
    gone = ("manifest removed", "absent", None)
    assert verdict_of(remuxed(signed, tmp_path / "copy.mp4")) == gone
    assert verdict_of(remuxed(signed, tmp_path / "copy.mkv")) == gone
    assert verdict_of(encoded_again(signed, tmp_path / "again.mp4")) == gone
    nothing = ("no manifest", "absent", None)
    assert verdict_of(remuxed(signed, tmp_path / "bare.mp4", tags=False)) == nothing
    assert verdict_of(encoded_again(signed, tmp_path / "bare again.mp4", tags=False)) == nothing


def test_a_manifest_on_other_pictures_is_told(signed: Path, tmp_path: Path) -> None:
    """Somebody puts the signed box into a file that they have encoded again."""
    data, other = signed.read_bytes(), encoded_again(signed, tmp_path / "other.mp4").read_bytes()
    at = data.find(b"\xd8\xfe\xc3\xd6") - 8  # of the box that holds the manifest
    box = data[at : at + int.from_bytes(data[at : at + 4])]
    first = int.from_bytes(other[:4])
    (tmp_path / "forged.mp4").write_bytes(other[:first] + box + other[first:])
    assert verdict_of(tmp_path / "forged.mp4") == ("edited", "valid", True)


def test_a_stranger_is_no_friend(signed: Path, tmp_path: Path) -> None:
    leaf, root, key = make_chain()  # the same names, and another key
    stranger = Signer(chain=leaf + root, key=key, algorithm="es256")
    sign_file(signed, statement(signed.name), stranger)
    result = result_of(signed)
    assert (result.verdict, result.manifest) == ("intact", "valid")
    assert result.signed_by is not None
    assert not result.signed_by.is_trusted
    assert "anybody can have made it" in " ".join(result.reasons)


def test_the_manifest_of_another_program(tmp_path: Path) -> None:
    path = made(tmp_path / "camera.jpg")
    kind = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": kind}]}
    definition = {
        "title": "camera.jpg",
        "claim_generator_info": [{"name": "A camera", "version": "2"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": actions}],
    }
    signer = local_signer()
    info = c2pa.C2paSignerInfo(signer.algorithm, signer.chain, signer.key, None)
    with path.open("rb") as file, (tmp_path / "signed.jpg").open("w+b") as out:
        c2pa.Builder(definition).sign(c2pa.Signer.from_info(info), "image/jpeg", file, out)
    result = result_of(tmp_path / "signed.jpg")
    assert (result.verdict, result.made_by, result.is_synthetic) == ("intact", "A camera 2", False)
    assert (result.model, result.consent, result.done) == (None, [], "c2pa.created")


@pytest.mark.parametrize("name", ["a.mp4", "a.jpg", "a.png", "a.mkv", "a.wav", "a.mp3"])
def test_files_of_anybody_else(name: str, tmp_path: Path) -> None:
    assert verdict_of(made(tmp_path / name)) == ("no manifest", "absent", None)


def test_what_is_no_media_at_all(tmp_path: Path) -> None:
    for name in ("notes.txt", "film.mp4", "no suffix", "a.mkv"):
        (tmp_path / name).write_text(f"notes on {SYNTHETIC_NOTICE if name == 'notes.txt' else name}")
        (tmp_path / f"empty {name}").write_bytes(b"")
        assert verdict_of(tmp_path / f"empty {name}") == ("no manifest", "absent", None)
        assert result_of(tmp_path / f"empty {name}").reasons[0] == "the file is empty"
        assert verdict_of(tmp_path / name) == ("no manifest", "absent", None)


def test_what_cannot_be_verified(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="there is no file"):
        result_of(tmp_path / "none.mp4")
    with pytest.raises(MediaError, match="matches no file"):
        result_of(tmp_path / "%04d.png")


def test_beside_the_file(tmp_path: Path) -> None:
    path = made(tmp_path / "film.mkv")
    with path.open("rb") as file:
        data = sidecar(file, statement(path.name), local_signer())
    sidecar_of(path).write_bytes(data)
    assert verdict_of(path) == ("intact", "valid", False)
    assert result_of(path).place == str(tmp_path / "film.c2pa")
    encoded_again(path, path.with_name("again.mkv")).replace(path)
    assert verdict_of(path) == ("edited", "valid", True)
    sidecar_of(path).write_bytes(data[:500])
    assert verdict_of(path)[1] == "invalid"


def test_numbered_images(tmp_path: Path) -> None:
    files = [made(tmp_path / f"{n:04d}.png") for n in range(3)]
    pattern = tmp_path / "%04d.png"
    made(tmp_path / "poster.jpg")  # of no account
    digests = digests_of(files)
    said = statement(pattern.name)
    said = replace(said, making={**said.making, "files": files_said(pattern, digests)})
    sidecar_of(pattern).write_bytes(sidecar(io.BytesIO(listing(digests)), said, local_signer()))
    for path in (pattern, tmp_path, files[1]):
        assert verdict_of(path) == ("intact", "valid", False), path
        assert result_of(path).reasons == (["not signed: poster.jpg"] if path == tmp_path else [])
    assert verdict_of(tmp_path / "poster.jpg") == ("no manifest", "absent", None)
    files[2].rename(tmp_path / "0007.png")
    with_changed_byte(files[0], files[0], 200)
    assert verdict_of(tmp_path) == ("edited", "valid", True)
    reasons = ["changed: 0000.png", "missing: 0002.png", "not signed: 0007.png"]
    # of one image it is told whether itself was changed, and what became of the others
    for path, is_edited in ((files[0], True), (files[1], False), (tmp_path / "0007.png", True)):
        assert verdict_of(path) == ("edited" if is_edited else "intact", "valid", is_edited), path
        assert result_of(path).reasons == reasons
    assert "others of its sequence are not" in result_of(files[1]).summary
    assert result_of(pattern).reasons == reasons
    data = sidecar(io.BytesIO(listing(digests)), statement(pattern.name), local_signer())
    sidecar_of(pattern).write_bytes(data)  # of another program: which are changed is not said
    assert verdict_of(files[1]) == ("edited", "valid", True)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.mov"])
def test_what_is_damaged_is_said_in_our_own_words(name: str, tmp_path: Path) -> None:
    path = made(tmp_path / name)
    sign_file(path, statement(name), local_signer())
    data = bytearray(path.read_bytes())
    at = data.find(b"c2pa.claim")
    for place in range(at - 30, at + 200, 11):
        data[place] ^= 0x55
    path.write_bytes(data)
    said = "the manifest cannot be read: it is damaged, or the file is cut off"
    assert (result_of(path).verdict, result_of(path).reasons) == ("manifest invalid", [said])


def test_what_was_cut_off_may_have_had_a_manifest(tmp_path: Path) -> None:
    path = made(tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[:-200])
    said = "the file is damaged or cut off: a manifest that it had could not be found"
    assert (result_of(path).verdict, result_of(path).reasons) == ("no manifest", [said])


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    assert verdict_of(tmp_path) == ("no manifest", "absent", None)
    for number in range(3):
        made(tmp_path / f"{number}.png")
    result = result_of(tmp_path)
    assert result.verdict == "no manifest"
    assert result.reasons == ["it is a folder: each file in it may have a manifest of its own"]
    texts = {"Comment": SYNTHETIC_NOTICE}
    (tmp_path / "0.png").write_bytes(tagged((tmp_path / "0.png").read_bytes(), texts))
    assert result_of(tmp_path).verdict == "manifest removed"


def test_a_folder_of_images_with_a_manifest_each(tmp_path: Path) -> None:
    # as that of the worst frames
    for name in ("a.png", "b.png"):
        picture = made(tmp_path / name)
        picture.write_bytes(tagged(picture.read_bytes(), {"Comment": SYNTHETIC_NOTICE}))
        sign_file(picture, statement(name), local_signer())
    assert verdict_of(tmp_path / "a.png")[0] == "intact"
    assert verdict_of(tmp_path)[0] == "no manifest"


@pytest.mark.parametrize("name", ["a.mov", "a.bin", "a.jpg", "a"])
def test_a_name_that_lies(name: str, signed: Path, tmp_path: Path) -> None:
    renamed = tmp_path / name
    renamed.write_bytes(signed.read_bytes())
    assert verdict_of(renamed) == ("intact", "valid", False)
    remuxed(signed, tmp_path / "copy.mp4").replace(renamed)
    assert verdict_of(renamed) == ("manifest removed", "absent", None)


def test_an_expired_certificate_is_no_change() -> None:
    read = Read(state="invalid", failures=["signingCredential.expired"], active={"title": "x"})
    assert verify._counts(read)
    assert not verify._counts(
        replace(read, failures=["signingCredential.expired", "claimSignature.mismatch"])
    )


def test_result_is_json(signed: Path) -> None:
    from understudy.cli.output import jsonable

    keys = {"manifest", "edited", "watermark", "model", "consent"}
    assert keys <= set(json.loads(json.dumps(jsonable(result_of(signed)))))


def test_an_original_beside_an_output_of_the_same_stem_is_not_taken_for_it(
    plain: Path, tmp_path: Path
) -> None:
    original, out = made(tmp_path / "clip.png"), tmp_path / "clip.mkv"
    out.write_bytes(plain.read_bytes())
    with out.open("rb") as content:
        sidecar_of(out).write_bytes(sidecar(content, statement(out.name), local_signer()))
    assert verdict_of(out) == ("intact", "valid", False)
    assert verdict_of(original) == ("no manifest", "absent", None)
    assert result_of(original).consent == []
    out.unlink()  # else a sidecar counts as that of whatever it lies beside
    assert verdict_of(original) == ("edited", "valid", True)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no names that are not Unicode")
@pytest.mark.parametrize("kind", [".png", ".mkv"])
def test_a_name_that_is_no_text_is_signed_all_the_same(kind: str, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9" + kind.encode())
    path = made(tmp_path / f"cafe{kind}").rename(tmp_path / name)
    said = replace(
        statement(name), ingredients=[Ingredient(title=name, relation="parentOf", sha256="ab" * 32)]
    )
    if kind == ".png":
        sign_file(path, said, local_signer())
    else:
        with path.open("rb") as content:
            sidecar_of(path).write_bytes(sidecar(content, said, local_signer()))
    result = result_of(path)
    assert result.verdict == "intact"
    assert result.made_from[0]["title"] == f"caf\ufffd{kind}"
    digest = sha256_of(tmp_path) if kind == ".png" else None
    assert digest is None or digest == hashlib.sha256(listing(digests_of([path]))).hexdigest()
