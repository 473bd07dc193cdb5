"""Models of strangers: indexes, weights and links that were believed once."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from hostile.small import cheaply
from targets.small_model import saved, small_preset
from understudy.core.errors import ModelError
from understudy.training.model import Model
from understudy.training.model_folder import load_model, load_weights


@pytest.fixture
def folder(tmp_path: Path) -> Generator[Path]:
    with small_preset():
        saved(tmp_path / "m")
        load_model(tmp_path / "m", bf16=False)
        yield tmp_path / "m"


def change(folder: Path, **fields: object) -> None:
    index = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(index | fields))


def refused(folder: Path, said: str) -> None:
    with cheaply(), pytest.raises(ModelError, match=said) as caught:
        load_model(folder, bf16=False)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


PERSON = {"name": "Eve", "faceset_digest": "0", "faces": 20}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"step": 10**400}, "damaged"),
        ({"step": -1}, "damaged"),
        ({"seed": 1 << 80}, "damaged"),
        ({"rate_factor": float("nan")}, "damaged"),
        ({"identities": [PERSON, PERSON]}, "damaged"),
        ({"identities": [PERSON | {"name": "x" * 5000}]}, "damaged"),
        ({"identities": [PERSON | {"mean_identity": [0.0] * 100_000}]}, "damaged"),
        ({"identities": [PERSON | {"mean_identity": [float("inf")] * 128}]}, "damaged"),
        ({"identities": [PERSON | {"name": f"p{n}"} for n in range(20_000)]}, "too small for 20000"),
        ({"preset": "\x1b[31m" + "x" * 100_000}, "of architecture"),
        ({"format": 10**400}, "damaged"),
        ({"budget": {"first_step": -5}}, "damaged"),
    ],
)
def test_an_index_of_numbers_that_no_model_has(folder: Path, fields: dict[str, object], said: str) -> None:
    change(folder, **fields)
    refused(folder, said)


def _deep(path: Path) -> None:
    path.write_text('{"settings": ' + "[" * 200_000)


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _huge(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(70 << 20)


@pytest.mark.parametrize("spoil", [_deep, _pipe, _huge])
def test_an_index_that_is_none(folder: Path, spoil: Callable[[Path], None]) -> None:
    spoil(folder / "model.json")
    refused(folder, "no save that is whole")


def weights(folder: Path, data: bytes) -> None:
    (folder / "weights.safetensors").write_bytes(data)
    change(folder, weights_sha256=hashlib.sha256(data).hexdigest())


def header(text: bytes, length: int | None = None, content: bytes = b"") -> bytes:
    return struct.pack("<Q", len(text) if length is None else length) + text + content


@pytest.mark.parametrize(
    "data",
    [
        b"",
        header(b"{}", length=1 << 40),
        header(b"{}", length=(1 << 64) - 1),
        header(b'{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}'),
        header(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,99999999999]}}', content=bytes(4)),
        header(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', content=bytes(4)),
        header(b'{"a":' * 50_000, content=bytes(4)),
        header(b'{"__metadata__":{"a":1}}'),
        header(b"\xff" * 100),
    ],
)
def test_weights_that_state_more_than_there_is(folder: Path, data: bytes) -> None:
    weights(folder, data + bytes(200))
    refused(folder, "does not fit the architecture")


def test_weights_larger_than_the_networks(folder: Path) -> None:
    # not all of it is in memory: a file with a hole
    with (folder / "weights.safetensors").open("r+b") as file:
        file.truncate(64 << 20)
    change(folder, weights_sha256=hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest())
    refused(folder, "cannot be read .it has more than 16 MB")


def test_weights_that_are_no_numbers(folder: Path) -> None:
    tensors = load_file(folder / "weights.safetensors")
    name = next(iter(tensors))
    save_file(tensors | {name: torch.full_like(tensors[name], float("nan"))}, folder / "w")
    weights(folder, (folder / "w").read_bytes())
    refused(folder, "holds infinite numbers, or none, in ")


def test_what_expressions_are_held_in_may_have_no_end(tmp_path: Path) -> None:
    model = Model("tiny", ["a", "b"], bf16=False)
    tensors = {name: value.clone().contiguous() for name, value in model.state_dict().items()}
    tensors["known.lowest"][:, -4:] = -float("inf")
    tensors["known.highest"][:, -4:] = float("inf")
    save_file(tensors, tmp_path / "w")
    load_weights(model, tmp_path / "w")
    tensors["known.lowest"][0, 0] = float("nan")
    save_file(tensors, tmp_path / "w")
    with pytest.raises(ModelError, match=r"none, in known\.lowest"):
        load_weights(model, tmp_path / "w")


@pytest.mark.parametrize("name", ["best", "previews"])
def test_a_link_out_of_the_folder(folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder / name).symlink_to(tmp_path / "elsewhere")
    refused(folder, f"{name} is a link out of the model")
