"""A value's `repr` comes back as the value; anything else is an error, and nothing recurses or runs."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.core.plain_literal import DEEPEST, parse_literal

SCALARS = st.none() | st.booleans() | st.integers(-(10**40), 10**40) | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS | st.floats(allow_nan=False),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.lists(inside, max_size=4).map(tuple)
        | st.dictionaries(SCALARS, inside, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_a_repr_comes_back_as_the_value(value: object) -> None:
    found = parse_literal(repr(value))
    assert found == value
    assert repr(found) == repr(value)


def test_ways_of_writing() -> None:
    assert parse_literal(" { \"a\" : [ 1 , 2. , .5 , -1e-3,] , \n'b': (3), }\n") == {
        "a": [1, 2, 0.5, -1e-3],
        "b": 3,
    }
    assert parse_literal(repr(["\\u", b"\\u", b"\\\\U'"])) == ["\\u", b"\\u", b"\\\\U'"]
    found = parse_literal("[nan, inf, -inf]")
    assert isinstance(found, list)
    assert math.isnan(found[0])
    assert found[1:] == [math.inf, -math.inf]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "{'a'",
        "{'a':",
        "{'a': 1",
        "[1 2]",
        "[1,,2]",
        "[,]",
        "(1]",
        "[1] [2]",
        "{[1]: 2}",
        "{1, 2}",
        "__import__('os').system('true')",
        "open('x')",
        "[x for x in (1,)]",
        "1 + 2",
        "1j",
        "f'{1}'",
        "rb'x'",
        "'''x'''",
        "'x' 'y'",
        "'open",
        "'\\N{BULLET}' + 1",
        "...",
        "Ellipsis",
        "0x10",
        "9" * 100,
        "1e99999",
        "--1",
        "- 1",
        "'\\x1'",
        "b'ü'",
    ],
)
def test_anything_else_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"\A[^\n]{5,120}\Z"):
        parse_literal(text)


def test_depth_is_bounded_without_recursion() -> None:
    for opened, closed in ("[]", "()", ("{1:", "}")):
        inside = DEEPEST - 1
        parse_literal(opened * inside + "1" + closed * inside)
        for depth in (DEEPEST + 1, 100_000):
            with pytest.raises(ValueError, match=f"more than {DEEPEST} deep"):
                parse_literal(opened * depth + "1" + closed * depth)
    with pytest.raises(ValueError, match="no plain value"):
        parse_literal("-" * 100_000 + "1")
