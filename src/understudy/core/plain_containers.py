"""Dicts and sets out of the items of a pickle, with plain keys only."""

from __future__ import annotations


def as_dict(items: list[object]) -> dict[object, object]:
    """Keys and values in turn; raises ValueError where a key is no plain value or has no value."""
    if len(items) % 2:
        raise ValueError("the pickle is damaged: a key has no value")
    return dict(zip(map(_scalar, items[::2]), items[1::2], strict=True))


def as_frozenset(items: list[object]) -> frozenset[object]:
    """Raises ValueError where one of the items is no plain value."""
    return frozenset(map(_scalar, items))


def _scalar(value: object) -> object:
    # a nested tuple as key would be hashed recursively
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return value
    raise ValueError(f"it has a key that is a {type(value).__name__.lstrip('_')}")
