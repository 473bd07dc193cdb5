"""Files of `torch.save`, read without unpickling: torch itself is the oracle, and strangers' are refused."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from hostile.small import cheaply
from understudy.training.torch_file import read_torch_file

MOST_BYTES = 1 << 20
WHOLE = torch.arange(24.0).reshape(2, 3, 4)
VALUES = {
    "state": {
        0: {"step": torch.tensor(3.0), "exp_avg": WHOLE, "part": WHOLE[1, :, ::2], "turned": WHOLE.mT},
        1: {
            "half": torch.ones(3, dtype=torch.bfloat16),
            "none": torch.empty(0, 4),
            "count": torch.tensor([1, 2]),
        },
        2: {"last": torch.randn(2, 4, 3, 3).to(memory_format=torch.channels_last)},
    },
    "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999), "params": [0, 1], "fused": None, "amsgrad": False}],
    "ordered": OrderedDict(a=1),
}


def saved(value: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def repacked(change: Callable[[str, bytes], bytes], packing: int = zipfile.ZIP_STORED) -> bytes:
    """The archive of a state, its files changed by their names."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(VALUES))) as source, zipfile.ZipFile(out, "w", packing) as archive:
        for file in source.infolist():
            archive.writestr(file.filename, change(file.filename, source.read(file)))
    return out.getvalue()


def with_pickle(pickled: bytes) -> bytes:
    return repacked(lambda name, data: pickled if name.endswith("data.pkl") else data)


def assert_same(found: object, expected: object) -> None:
    if isinstance(expected, torch.Tensor):
        assert isinstance(found, torch.Tensor)
        assert found.dtype == expected.dtype
        assert torch.equal(found, expected)
    elif isinstance(expected, dict):
        assert isinstance(found, dict)
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            assert_same(found[key], value)
    else:
        assert found == expected


def test_it_gives_what_torch_does(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(saved(VALUES))
    assert_same(
        read_torch_file(tmp_path / "a.pt", MOST_BYTES), torch.load(tmp_path / "a.pt", weights_only=True)
    )


def call(module: str, name: str, arguments: bytes) -> bytes:
    return b"\x80\x02c" + module.encode() + b"\n" + name.encode() + b"\n" + arguments + b"R."


STORAGE = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0%bX\x03\0\0\0cpu%btQ"


def tensor(storage: bytes, offset: bytes, size: bytes, stride: bytes) -> bytes:
    arguments = b"(" + storage + offset + size + stride + b"\x89ccollections\nOrderedDict\n)Rt"
    return call("torch._utils", "_rebuild_tensor_v2", arguments)


ONE = STORAGE % (b"0", b"K\x01")
WIDE = b"\x8a\x05\0\0\0\0\x01"  # 2 ** 32


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        pickle.dumps({"state": {}}),
        saved(torch.nn.Linear(1, 1)),
        with_pickle(call("os", "system", b"(X\x04\0\0\0truet")),
        with_pickle(call("__builtin__", "bytearray", WIDE + b"\x85")),  # torch gives 4 GB
        with_pickle(call("torch", "zeros", WIDE + b"\x85")),
        with_pickle(call("torch", "FloatStorage", b"K\x01\x85")),
        with_pickle(tensor(STORAGE % (b"0", WIDE), b"K\0", b"K\x01\x85", b"K\x01\x85")),
        with_pickle(tensor(STORAGE % (b"9", b"K\x01"), b"K\0", b"K\x01\x85", b"K\x01\x85")),
        with_pickle(tensor(STORAGE % (b"/", b"K\x01"), b"K\0", b"K\x01\x85", b"K\x01\x85")),
        with_pickle(tensor(ONE, b"K\x01", b"K\x01\x85", b"K\x01\x85")),  # behind the end
        with_pickle(tensor(ONE, b"K\0", b"K\x02\x85", b"K\x01\x85")),
        with_pickle(tensor(ONE, b"K\0", WIDE + b"\x85", b"K\0\x85")),  # one number, many times
        with_pickle(tensor(ONE, b"J\xff\xff\xff\xff", b"K\x01\x85", b"K\x01\x85")),
        with_pickle(tensor(b"K\x05", b"K\0", b"K\x01\x85", b"K\x01\x85")),
        with_pickle(b"\x80\x02X\x01\0\0\0aQ."),
        with_pickle(b"\x80\x02" + b"(" * 100_000 + b"."),
        repacked(lambda name, data: data, zipfile.ZIP_DEFLATED),
        repacked(
            lambda name, data: bytes(1 << 28) if name.endswith("data/0") else data, zipfile.ZIP_DEFLATED
        ),
        repacked(lambda name, data: bytes(2 * MOST_BYTES) if name.endswith("data/0") else data),
        repacked(lambda name, data: b"big" if name.endswith("byteorder") else data),
        saved(VALUES)[:-200],
    ],
)
def test_anything_else_is_refused_and_costs_little(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.pt").write_bytes(data)
    with cheaply(), pytest.raises(ValueError, match=r"\S"):
        read_torch_file(tmp_path / "a.pt", MOST_BYTES)
