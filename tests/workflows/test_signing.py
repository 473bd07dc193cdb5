"""What conversions write is signed before it gets its name, and never there without."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import c2pa
import numpy as np
import pytest

from made_manifests import made, with_changed_byte
from understudy.core.errors import ConfigError, MediaError, UnderstudyError
from understudy.media.footage import sha256_of
from understudy.media.images import write_image
from understudy.provenance.manifest import SoftBinding
from understudy.training.model_folder import find_generation
from understudy.workflows import convert, sealing, signing, verify
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.convert_cast import roles_of
from understudy.workflows.verify_result import VerifyConfig, VerifyResult


def verified(path: Path) -> VerifyResult:
    return verify.run(VerifyConfig(file=path))


@pytest.fixture
def config(clips: dict[str, Path], model: Path, tmp_path: Path) -> ConvertConfig:
    return ConvertConfig(target=clips["target"], model=model, out=tmp_path / "out.mp4")


def test_a_conversion_says_what_it_is(config: ConvertConfig) -> None:
    convert.run(config)
    result = verified(config.out)
    assert (result.verdict, result.place, result.is_synthetic) == ("intact", "inside", True)
    index = find_generation(config.model).index
    assert result.model is not None
    assert result.model["sha256"] == index.weights_sha256
    assert result.roles == [{"source": "source", "target": "target"}]
    assert result.settings["blend"] == config.blend
    assert not {"cert", "key", "target", "out"} & set(result.settings)
    made_from = {entry["title"]: entry for entry in result.made_from}
    assert made_from["target.mp4"]["sha256"] == sha256_of(config.target)
    assert made_from["target.mp4"]["relation"] == "parentOf"
    assert made_from["faces of source"]["sha256"] == index.identities[0].faceset_digest
    # no folder of this machine is told
    assert str(config.out.parent).encode() not in config.out.read_bytes()
    assert b"Iptc4xmpExt:DigitalSourceType" in config.out.read_bytes()


def test_again_from_an_output_its_history_comes_along(config: ConvertConfig, tmp_path: Path) -> None:
    convert.run(config)
    second = replace(config, target=config.out, out=tmp_path / "second.mov", source_footage=(config.target,))
    convert.run(second)
    result = verified(second.out)
    assert result.verdict == "intact"
    titles = {entry["title"]: entry["relation"] for entry in result.made_from}
    assert titles["out.mp4"] == "parentOf"
    assert titles["target.mp4"] == "inputTo"  # footage in the place of the faceset


def test_matroska_has_it_beside(config: ConvertConfig, tmp_path: Path) -> None:
    config = replace(config, out=tmp_path / "out.mkv")
    convert.run(config)
    assert {path.name for path in tmp_path.iterdir()} == {"out.mkv", "out.c2pa"}
    assert verified(config.out).verdict == "intact"
    assert b"compositeWithTrainedAlgorithmicMedia" in config.out.read_bytes()
    convert.run(config)  # over itself
    other = tmp_path / "out.c2pa"
    other.write_bytes(other.read_bytes().replace(b"out.mkv", b"new.mkv"))
    (tmp_path / "new.mkv").touch()
    with pytest.raises(MediaError, match=r"is the manifest of new\.mkv"):
        convert.run(config)
    for stray in (b"notes of mine", b""):
        other.write_bytes(stray)
        with pytest.raises(MediaError, match=r"lies where the output's manifest belongs"):
            convert.run(config)
        assert other.read_bytes() == stray


def test_what_cannot_be_signed_is_not_there(config: ConvertConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    config.out.write_bytes(b"from before")

    def fails(*_: object) -> None:
        raise MediaError("cannot sign")

    monkeypatch.setattr(sealing, "sign_copy", fails)
    with pytest.raises(MediaError, match="cannot sign"):
        convert.run(config)
    assert config.out.read_bytes() == b"from before"
    assert {path.name for path in config.out.parent.iterdir()} == {"out.mp4", "out.mp4.parts"}
    monkeypatch.undo()
    told: list[str] = []
    convert.run(config, lambda event: told.append(str(event)))
    assert any("goes on at frame 48" in line for line in told)  # nothing is drawn again
    assert verified(config.out).verdict == "intact"


def test_a_certificate_that_will_not_do_is_told_first(config: ConvertConfig, tmp_path: Path) -> None:
    cert = tmp_path / "cert.pem"
    cert.write_text("none")
    with pytest.raises(ConfigError, match="without --key"):
        convert.run(replace(config, cert=cert))
    with pytest.raises(ConfigError, match="no certificate"):
        convert.run(replace(config, cert=cert, key=cert))
    assert not list(tmp_path.glob("out*"))


def test_a_folder_for_keys_that_cannot_be_made(
    config: ConvertConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(tmp_path / "file" / "signing"))
    with pytest.raises(UnderstudyError, match="cannot make"):
        convert.run(config)
    assert not config.out.exists()


def test_numbered_images_have_one_beside(config: ConvertConfig, tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    config = replace(config, out=folder / "%04d.png", matte=tmp_path / "matte.mp4")
    convert.run(config)
    for path in (folder, config.out, folder / "0007.png"):
        result = verified(path)
        assert (result.verdict, result.place) == ("intact", str(folder / "%04d.png.c2pa"))
    assert b"Iptc4xmpExt:DigitalSourceType" in (folder / "0007.png").read_bytes()
    assert verified(tmp_path / "matte.mp4").verdict == "no manifest"  # it shows nobody
    with_changed_byte(folder / "0007.png", folder / "0007.png", 5000)
    assert verified(folder).verdict == "edited"


def test_consent_and_watermark_are_passed_on(config: ConvertConfig, tmp_path: Path) -> None:
    index = find_generation(config.model).index
    said = [{"identity": "source", "kind": "self"}]
    mark = SoftBinding(algorithm="understudy.watermark", value=b"12345678")
    finish = signing.signing_of(
        config, roles_of(index, None, None, {}), index, consent=said, soft_binding=mark
    )
    finish([made(config.out)])
    assert verified(config.out).consent == said
    assert b"understudy.watermark" in config.out.read_bytes()


def test_one_picture_has_it_inside(config: ConvertConfig, tmp_path: Path) -> None:
    config = replace(config, out=tmp_path / "out.png")
    index = find_generation(config.model).index
    signing.signing_of(config, roles_of(index, None, None, {}), index)([made(config.out)])
    assert verified(config.out).place == "inside"
    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]


@pytest.mark.parametrize("thumbnails", [True, False])
def test_small_pictures_of_who_was_filmed_can_be_left_out(
    config: ConvertConfig, tmp_path: Path, thumbnails: bool
) -> None:
    index = find_generation(config.model).index
    roles = roles_of(index, None, None, {})
    # an earlier output, whose manifest has pictures of its own
    signing.signing_of(config, roles, index)([made(config.out)])
    out = tmp_path / "second.mp4"
    second = replace(config, target=config.out, out=out, source_footage=(config.target,))
    second = replace(second, thumbnails=thumbnails)
    signing.signing_of(second, roles, index)([made(out)])
    with c2pa.Reader(str(out)) as reader:
        said = json.loads(reader.json())
    active = said["manifests"][said["active_manifest"]]
    shown = {entry["title"]: "thumbnail" in entry for entry in active["ingredients"]}
    assert shown == {"out.mp4": thumbnails, "target.mp4": thumbnails, "model model": False}
    assert len(said["manifests"]) == (2 if thumbnails else 1)
    assert "thumbnail" in active  # of the output itself
    result = verified(out)
    assert (result.verdict, result.settings["thumbnails"]) == ("intact", thumbnails)


@pytest.mark.parametrize("kind", [".png", ".mp4"])
def test_where_nobody_was_found_nobody_is_said_to_have_been_replaced(
    kind: str, model: Path, tmp_path: Path
) -> None:
    target, out = tmp_path / f"grey{kind}", tmp_path / f"out{kind}"
    if kind == ".png":
        write_image(target, np.full((120, 160, 3), 128, np.uint8))
    else:
        made(target)
    result = convert.run(ConvertConfig(target=target, model=model, out=out))
    assert result.swapped == 0
    said = verified(out)
    assert (said.verdict, said.done) == ("intact", "no face was replaced: nobody who was to be was found")
    assert (said.is_synthetic, said.consent, said.roles) == (None, [], [])
    assert said.settings["watermark"] is False
    assert b"DigitalSourceType" not in out.read_bytes()
    if kind == ".mp4":  # a picture has its tags before it is known
        assert b"a face in this video was replaced" not in out.read_bytes()
