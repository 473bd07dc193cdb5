"""Read what `torch.save` wrote of plain values and tensors, without unpickling it.

torch's own reader for such files, weights_only, runs a pickle's program with a list of permitted calls. Among
these are some that take gigabytes, and it unpacks whatever the archive holds. Here the pickle is walked by
`core.plain_pickle`, tensors are made of bytes that the file has, and nothing may be packed.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from understudy.core.plain_pickle import Name, parse_pickle

_PICKLE_BYTES = 64 << 20
_MOST_FILES = 100_000
_TENSOR = ("torch._utils", "_rebuild_tensor_v2")
_KINDS = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
}


def read_torch_file(path: Path, most_bytes: int) -> object:
    """Read a file of `torch.save`.

    Args:
        path: the file.
        most_bytes: that all in it may have.

    Returns:
        What `parse_pickle` gives, and tensors on the CPU.

    Raises:
        ValueError: it is none, is damaged or larger, or holds anything else.
        OSError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, most_bytes)
    except (zipfile.BadZipFile, EOFError, KeyError, RuntimeError, OverflowError) as error:
        raise ValueError(f"the archive is damaged ({error})") from error


def _read(archive: zipfile.ZipFile, most_bytes: int) -> object:
    files = archive.infolist()
    if len(files) > _MOST_FILES or sum(file.file_size for file in files) > most_bytes:
        raise ValueError("it is larger than what it should hold")
    if any(file.compress_type != zipfile.ZIP_STORED for file in files):
        raise ValueError("it is packed, as torch never does")
    pickled = [
        file for file in files if file.filename.count("/") == 1 and file.filename.endswith("/data.pkl")
    ]
    if len(pickled) != 1 or pickled[0].file_size > _PICKLE_BYTES:
        raise ValueError("it is no file of torch")
    folder = pickled[0].filename.removesuffix("data.pkl")
    if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != b"little":
        raise ValueError("its numbers are in another order of bytes")
    return parse_pickle(archive.read(pickled[0]), extra=_Tensors(archive, f"{folder}data/"))


class _Tensors:
    """What a pickle of torch says beyond plain data; see `plain_pickle.Extra`."""

    def __init__(self, archive: zipfile.ZipFile, folder: str) -> None:
        self._archive, self._folder = archive, folder
        self._known: dict[str, Tensor] = {}
        self.names = frozenset({_TENSOR, *(("torch", kind) for kind in _KINDS)})

    def persistent(self, key: object) -> object:
        """The numbers of a storage, a flat tensor."""
        if not isinstance(key, tuple) or len(cast("tuple[object, ...]", key)) != 5:
            raise ValueError("it refers to something else than numbers")
        what, kind, name, _, count = cast("tuple[object, ...]", key)
        if what != "storage" or not isinstance(kind, Name) or kind.pair[1] not in _KINDS:
            raise ValueError("it refers to something else than numbers")
        if not isinstance(name, str) or not name.isalnum():
            raise ValueError("it refers to numbers without a name")
        if name not in self._known:
            content = bytearray(self._archive.read(f"{self._folder}{name}"))
            dtype = _KINDS[kind.pair[1]]
            if len(content) != count * dtype.itemsize if isinstance(count, int) else True:
                raise ValueError(f"it has other numbers than it says, {len(content)} bytes of {name}")
            self._known[name] = (
                torch.frombuffer(content, dtype=dtype) if content else torch.empty(0, dtype=dtype)
            )
        if self._known[name].dtype != _KINDS[kind.pair[1]]:
            raise ValueError(f"it takes {name} for numbers of two kinds")
        return self._known[name]

    def call(self, pair: tuple[str, str], given: tuple[object, ...]) -> object:
        """A tensor over a storage, which has room for all of its numbers."""
        if pair != _TENSOR or len(given) < 4 or not isinstance(given[0], Tensor):
            raise ValueError(f"it calls {'.'.join(pair)} in a way that tensors do not need")
        numbers, (offset, size, stride) = given[0], given[1:4]
        sizes, strides = _whole(size), _whole(stride)
        if type(offset) is not int or offset < 0 or len(sizes) != len(strides) or len(sizes) > 8:
            raise ValueError("it has a tensor of an impossible shape")
        last = offset + sum((length - 1) * step for length, step in zip(sizes, strides, strict=True))
        count = math.prod(sizes)
        if count and (count > numbers.numel() or last >= numbers.numel()):
            raise ValueError(f"it has a tensor of shape {tuple(sizes)} over {numbers.numel()} numbers")
        return torch.as_strided(numbers, sizes, strides, offset if count else 0)


def _whole(sides: object) -> Sequence[int]:
    if not isinstance(sides, tuple) or not all(
        type(side) is int and 0 <= side < 1 << 40 for side in cast("tuple[object, ...]", sides)
    ):
        raise ValueError("it has a tensor of an impossible shape")
    return cast("tuple[int, ...]", sides)
