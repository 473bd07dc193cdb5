"""Arrays of numbers as a pickle describes them; see `plain_pickle`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import cast

import numpy as np

_NUMBER_TYPE = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248])")


@dataclass(slots=True, eq=False)
class NumberType:
    """A NumPy dtype on its way: its byte order comes after its name."""

    code: str
    order: str = "<"

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The same for NumPy."""
        return np.dtype(self.order + self.code)


@dataclass(slots=True, eq=False)
class UnbuiltArray:
    """An array whose content comes later; `keys` are where the memo already points to it."""

    keys: list[int] = field(default_factory=list[int])


def number_type(code: object) -> NumberType:
    """The type that a dtype's name stands for; raises ValueError where it is not one of numbers."""
    match = _NUMBER_TYPE.fullmatch(code) if isinstance(code, str) else None
    if match is None:
        # not its repr, which may take for ever: it may be any value
        shown = repr(code[:20]) if isinstance(code, str) else type(code).__name__
        raise ValueError(f"it holds an array of {shown}, not of numbers")
    return NumberType(match[1])


def array_over(content: object, kind: object, shape: object, *, is_fortran: bool) -> np.ndarray:
    """An array over bytes that are there already: it takes no memory that the file has not.

    Args:
        content: the bytes.
        kind: a `NumberType`.
        shape: a tuple of whole numbers.
        is_fortran: whether the first index changes fastest.

    Raises:
        ValueError: any of them is something else, or they do not fit together.
    """
    if not isinstance(kind, NumberType) or not isinstance(content, bytes) or not isinstance(shape, tuple):
        raise ValueError("it holds an array of something else than numbers")
    sides = cast("tuple[object, ...]", shape)
    if len(sides) > 8 or not all(type(side) is int and side >= 0 for side in sides):
        raise ValueError("it holds an array of an impossible shape")
    whole = cast("tuple[int, ...]", sides)
    if math.prod(whole) * kind.dtype.itemsize != len(content):
        raise ValueError(f"it holds an array of shape {whole} in {len(content)} bytes")
    return np.frombuffer(content, kind.dtype).reshape(whole, order="F" if is_fortran else "C")
