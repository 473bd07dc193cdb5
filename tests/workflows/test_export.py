"""A model to ONNX and .dfm, read back as other programs do."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from limits import an_ordinary_user
from understudy import add_identity, revoke_identity
from understudy.core.errors import ConfigError, ConsentError, ModelError, UnderstudyError
from understudy.core.events import Event, Written
from understudy.core.identity_folder import FOLDER_VARIABLE
from understudy.nets.family import FamilyConfig
from understudy.nets.presets import PRESETS, family_preset
from understudy.training import export_onnx
from understudy.training.base import BASE_FILES, start_from_base
from understudy.training.model import Model
from understudy.training.model_folder import load_model, save_model
from understudy.training.model_index import IdentityEntry, ModelIndex
from understudy.workflows import export
from understudy.workflows.export_result import ExportConfig, ExportResult

NAMES = ("Zoë B.", "Bert/2")


def made(folder: Path, preset: str, names: tuple[str, ...]) -> Path:
    """A model that draws something else for each identity."""
    torch.manual_seed(3)
    model = Model(preset, names, bf16=False)
    if preset in BASE_FILES:
        start_from_base(model)
    else:
        for parameter in model.parameters():
            parameter.data *= 2  # as they start, networks draw the same grey of whatever they read
    for decoder in model.decoders:
        for parameter in decoder.parameters():
            parameter.data += 0.02 * torch.randn_like(parameter)
    entries = [IdentityEntry(name=name, faceset_digest="0", faces=20) for name in names]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    save_model(folder, model, optimizer, ModelIndex(preset=preset, identities=entries, step=7))
    return folder


@pytest.fixture
def micro(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model that is traced at once."""
    preset = replace(
        PRESETS["tiny"],
        size_px=8,
        encoder=lambda: nn.Sequential(nn.Flatten(), nn.Linear(192, 5)),
        decoder=lambda: nn.Sequential(nn.Linear(5, 256), nn.Sigmoid(), nn.Unflatten(1, (4, 8, 8))),
    )
    monkeypatch.setitem(PRESETS, "micro", preset)
    return made(tmp_path / "micro", "micro", NAMES)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("Modelle ü") / "tiny", "tiny", NAMES)


def test_a_model_that_is_not_grown_yet_is_not_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = FamilyConfig(widths=(8, 8), blocks=(1, 1), narrow=8, rest=6, start_px=32)
    preset = family_preset(config, batch=2, learning_rate=1e-3, purpose="a test")
    monkeypatch.setitem(PRESETS, "seedling", preset)
    folder = made(tmp_path / "m", "seedling", NAMES)
    loaded = load_model(folder, bf16=False)
    loaded.model.grow(0)
    save_model(folder, loaded.model, torch.optim.SGD(loaded.model.parameters(), lr=0.1), loaded.index)
    with pytest.raises(ModelError, match="grown to 32 of its 64 px"):
        export.run(ExportConfig(model=folder, onnx=tmp_path / "onnx"))
    assert not (tmp_path / "onnx").exists()


def test_who_took_their_consent_back_is_not_exported(
    micro: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "records"))
    add_identity(NAMES[1], oneself=True)
    export.run(ExportConfig(model=micro, onnx=tmp_path / "before"))
    revoke_identity(NAMES[1])
    with pytest.raises(ConsentError, match="took back the consent"):
        export.run(ExportConfig(model=micro, onnx=tmp_path / "after"))
    assert not (tmp_path / "after").exists()


@pytest.fixture(scope="module")
def exported(tiny: Path) -> tuple[ExportResult, list[Event]]:
    heard: list[Event] = []
    config = ExportConfig(model=tiny, onnx=tiny.parent / "onnx", dfm=tiny.parent / "z.dfm", source="Bert/2")
    return export.run(config, heard.append), heard


def faces(size_px: int, count: int) -> np.ndarray:
    """RGB pictures whose channels differ."""
    random = np.random.default_rng(5)
    small = random.integers(0, 256, (count, 4, 4, 3), np.uint8)
    large = np.kron(small, np.ones((1, -(-size_px // 4), -(-size_px // 4), 1), np.uint8))
    return np.ascontiguousarray(large[:, :size_px, :size_px])


def session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def check_contract(path: Path, folder: Path, source: str, target: str) -> onnxruntime.InferenceSession:
    """Use a file as programs of the field do: names, shapes, BGR in [0, 1], three outputs by their order."""
    network = session(path)
    (given,) = network.get_inputs()
    assert (given.name, given.type) == ("in_face:0", "tensor(float)")
    batch, height, width, channels = given.shape
    assert (batch, height, channels) == ("batch", width, 3)
    assert [(output.name, output.shape) for output in network.get_outputs()] == [
        ("out_face_mask:0", ["batch", height, width, 1]),
        ("out_celeb_face:0", ["batch", height, width, 3]),
        ("out_celeb_face_mask:0", ["batch", height, width, 1]),
    ]
    model = load_model(folder, bf16=False).model
    size = model.preset.size_px
    left, top = (width - size) // 2, (height - size) // 2 + round(0.035 * size / model.preset.coverage)
    for count in (1, 3):
        whole = faces(width, count)
        read, drawn, mask = network.run(None, {"in_face:0": whole[..., ::-1].astype(np.float32) / 255})
        inside = (slice(None), slice(top, top + size), slice(left, left + size))
        face, face_mask = model.draw(whole[inside], source)
        np.testing.assert_allclose(drawn[inside][..., ::-1], face, atol=1e-3)
        np.testing.assert_allclose(mask[inside][..., 0], face_mask, atol=1e-3)
        np.testing.assert_allclose(read[inside][..., 0], model.draw(whole[inside], target)[1], atol=1e-3)
    other = next(name for name in model.identities if name != source)
    assert np.abs(model.draw(whole[inside], other)[0] - face).max() > 0.05
    assert np.abs(face[..., ::-1] - face).max() > 0.05
    return network


def test_a_dfm_is_what_other_programs_load(exported: tuple[ExportResult, list[Event]], tiny: Path) -> None:
    network = check_contract(tiny.parent / "z.dfm", tiny, "Bert/2", "Zoë B.")
    assert network.get_inputs()[0].shape[1] == 148  # 128 px at coverage 1.25 in 1.45
    about = network.get_modelmeta()
    assert about.producer_name == "Understudy"
    assert "Bert/2" in about.description
    assert "consenting people only" in about.description
    properties = about.custom_metadata_map
    assert json.loads(properties["identities"]) == list(NAMES)
    assert (properties["source"], properties["target"]) == ("Bert/2", "Zoë B.")
    assert "consenting people only" in properties["consent"]


def test_the_folder_explains_itself_and_draws_everybody(
    exported: tuple[ExportResult, list[Event]], tiny: Path
) -> None:
    folder = tiny.parent / "onnx"
    index = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    assert (index["colour"], index["range"], index["layout"]) == ("RGB", [0, 1], "NCHW")
    assert (index["size_px"], index["code_size"], index["code_shape"]) == (128, 258, [258])
    assert "consenting" in index["consent"]
    assert index["alignment"]["coverage"] == 1.25
    left, right = index["alignment"]["points"]["left_eye"], index["alignment"]["points"]["right_eye"]
    assert left[0] + right[0] == pytest.approx(1, abs=0.01)
    assert 0.3 < left[0] < 0.4
    assert [entry["name"] for entry in index["identities"]] == list(NAMES)
    listed = [index["encoder"], *index["identities"]]
    assert {entry["file"] for entry in listed} | {"export.json"} == {p.name for p in folder.iterdir()}
    for entry in listed:
        assert hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]

    model = load_model(tiny, bf16=False).model
    encoder = session(folder / index["encoder"]["file"])
    for count in (1, 3):
        pictures = faces(128, count)
        (code,) = encoder.run(["code"], {"face": pictures.transpose(0, 3, 1, 2).astype(np.float32) / 255})
        for entry in index["identities"]:
            face, mask = session(folder / entry["file"]).run(["face", "mask"], {"code": code})
            expected, expected_mask = model.draw(pictures, entry["name"])
            np.testing.assert_allclose(face.transpose(0, 2, 3, 1), expected, atol=1e-3)
            np.testing.assert_allclose(mask[:, 0], expected_mask, atol=1e-3)


def test_the_result_says_what_was_written(exported: tuple[ExportResult, list[Event]], tiny: Path) -> None:
    result, heard = exported
    assert [file.holds for file in result.files] == [
        "encoder",
        *(f"decoder of {name}" for name in NAMES),
        "swap to Bert/2",
    ]
    assert all(file.path.stat().st_size == file.size_bytes for file in result.files)
    assert 0 < result.largest_difference < 1e-3
    assert result.largest_difference == max(file.difference or 0 for file in result.files)
    assert [event.path.name for event in heard if isinstance(event, Written)] == ["onnx", "z.dfm"]


def test_classic_is_exported_too(tmp_path: Path) -> None:
    folder = made(tmp_path / "m", "classic", NAMES[:1])  # one identity: it is its own target
    result = export.run(ExportConfig(model=folder, dfm=tmp_path / "c.dfm"))
    properties = session(tmp_path / "c.dfm").get_modelmeta().custom_metadata_map
    assert (properties["source"], properties["target"]) == (NAMES[0], NAMES[0])
    assert result.largest_difference < 1e-3
    model = load_model(folder, bf16=False).model
    whole = faces(74, 3)
    read, drawn, mask = session(tmp_path / "c.dfm").run(
        None, {"in_face:0": whole[..., ::-1].astype(np.float32) / 255}
    )
    face, face_mask = model.draw(whole[:, 7:71, 5:69], NAMES[0])
    np.testing.assert_allclose(drawn[:, 7:71, 5:69, ::-1], face, atol=1e-3)
    np.testing.assert_allclose(mask[:, 7:71, 5:69, 0], face_mask, atol=1e-3)
    np.testing.assert_array_equal(read, mask)
    assert np.abs(face[0] - face[1]).max() > 0.1
    assert np.abs(face - model.draw(whole[:, 7:71, 5:69, ::-1], NAMES[0])[0]).max() > 0.1


def test_a_second_export_replaces_the_first(micro: Path, tmp_path: Path) -> None:
    folder = tmp_path / "onnx"
    folder.mkdir()
    for name in ("decoder_9_gone.onnx", "encoder.onnx", "decoder_of_somebody.onnx"):
        (folder / name).write_bytes(b"of an earlier export, or not")
    listed = [{"file": "decoder_9_gone.onnx"}, {"file": "../m"}]
    (folder / "export.json").write_text(json.dumps({"identities": listed}), encoding="utf-8")
    (tmp_path / "m").write_bytes(b"no export's")
    export.run(ExportConfig(model=micro, onnx=folder))
    index = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    files = [index["encoder"]["file"], *(entry["file"] for entry in index["identities"])]
    # what the earlier index lists has gone, nothing else
    kept = [*files, "export.json", "decoder_of_somebody.onnx"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(kept)
    assert (tmp_path / "m").exists()
    for file in files:
        session(folder / file)


def test_what_computes_something_else_is_not_written(
    micro: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ExportConfig(model=micro, onnx=tmp_path / "onnx", dfm=tmp_path / "a.dfm")
    (tmp_path / "a.dfm").write_bytes(b"before")
    monkeypatch.setattr(export_onnx, "TOLERANCE", 1e-12)
    for part in (replace(config, onnx=None), replace(config, dfm=None)):
        with pytest.raises(ModelError, match="draws otherwise in ONNX Runtime"):
            export.run(part)
    assert not list((tmp_path / "onnx").iterdir())
    assert (tmp_path / "a.dfm").read_bytes() == b"before"
    assert {path.name for path in tmp_path.iterdir()} == {"micro", "onnx", "a.dfm"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": "Zoe B."}, r"no identity 'Zoe B.'.*did you mean Zoë B\.\?"),
        ({"target_identity": "Bart"}, r"did you mean Bert/2\?"),
        ({"dfm": Path("a.onnx")}, r"does not end in \.dfm.*name it a\.dfm"),
        ({"dfm": None}, "nothing to write"),
        ({"dfm": None, "onnx": Path("x"), "source": "Bert/2"}, r"for a \.dfm file"),
    ],
)
def test_what_cannot_be_asked_for_says_what_can(tiny: Path, change: dict[str, object], said: str) -> None:
    config = ExportConfig(model=tiny, dfm=tiny.parent / "never.dfm")
    with pytest.raises(ConfigError, match=said):
        export.run(replace(config, **change))  # type: ignore[arg-type]
    assert not (tiny.parent / "never.dfm").exists()


def test_a_folder_that_is_no_model_or_damaged(tiny: Path, tmp_path: Path) -> None:
    config = ExportConfig(model=tmp_path / "none", onnx=tmp_path / "onnx")
    with pytest.raises(ModelError, match="holds no model"):
        export.run(config)
    shutil.copytree(tiny, tmp_path / "damaged")
    weights = tmp_path / "damaged" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(ModelError, match="no save that is whole"):
        export.run(replace(config, model=tmp_path / "damaged"))
    assert not (tmp_path / "onnx").exists()


def test_a_folder_with_other_things_in_it_is_left_alone(tiny: Path) -> None:
    before = sorted(tiny.iterdir())
    with pytest.raises(ConfigError, match=r"other files.*empty folder"):
        export.run(ExportConfig(model=tiny, onnx=tiny))
    with pytest.raises(UnderstudyError, match="is a file"):
        export.run(ExportConfig(model=tiny, onnx=tiny / "model.json"))
    assert sorted(tiny.iterdir()) == before


def test_a_read_only_folder(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (tmp_path, *list(tmp_path.parents)[:3], tiny, *list(tiny.parents)[:3]):
        folder.chmod(0o755)  # for whoever that is to look into
    monkeypatch.setenv(FOLDER_VARIABLE, "/no such folder")  # nobody may look into that of these tests
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    configs = (
        ExportConfig(model=tiny, onnx=locked / "onnx"),
        ExportConfig(model=tiny, dfm=locked / "a.dfm"),
    )
    for package in ("onnx", "onnxruntime", "onnxscript"):
        import_module(package)  # while they may be looked into
    for config in configs:
        with an_ordinary_user(), pytest.raises(UnderstudyError, match="folder that you may write to"):
            export.run(config)


def test_a_path_through_a_file_cannot_be_written(tiny: Path) -> None:
    for config in (
        ExportConfig(model=tiny, onnx=tiny / "model.json" / "onnx"),
        ExportConfig(model=tiny, dfm=tiny / "model.json" / "a.dfm"),
    ):
        with pytest.raises(UnderstudyError, match="cannot write"):
            export.run(config)
