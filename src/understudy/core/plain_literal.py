"""Read the text of a plain Python value, as `repr` writes it, without Python's parser.

Python's own parser gives an expression of any depth to the interpreter's stack; here depth and length
are bounded and nothing is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

DEEPEST = 40
LONGEST = 8 << 20  # characters

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<open>[\[({])|(?P<close>[\])}])|(?P<mark>[,:])
        |(?P<text>b?'(?:[^'\\\n]|\\.)*'|b?"(?:[^"\\\n]|\\.)*")
        |(?P<number>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,4})?|-?nan\b|-?inf\b)
        |(?P<word>None|True|False)\b
    )""",
    re.VERBOSE,
)
# as `repr` writes them; the last alternative is what it does not write
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_SHORT = {r"\\": "\\", r"\'": "'", r"\"": '"', r"\n": "\n", r"\r": "\r", r"\t": "\t"}
_CLOSES = {"[": "]", "(": ")", "{": "}"}
_WORDS = {"None": None, "True": True, "False": False}
_LONGEST_NUMBER = 60


def parse_literal(text: str) -> object:
    """Read one value.

    Args:
        text: of None, booleans, numbers, texts, bytes, lists, tuples and dicts with plain keys.

    Raises:
        ValueError: anything else, or too long or too deep; one line.
    """
    if len(text) > LONGEST:
        raise ValueError(f"its text has {len(text)} characters")
    tokens = _tokens(text)
    value = _value(tokens, *next(tokens), depth=0)
    if next(tokens)[0] != "end":
        raise ValueError("its text goes on after the value")
    return value


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each part, at last "end" for ever."""
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            raise ValueError(f"its text is no plain value: {text[place : place + 40]!r}")
        place = match.end()
        kind = cast(str, match.lastgroup)
        yield kind, match[kind]
    while True:
        yield "end", ""


def _value(tokens: Iterator[tuple[str, str]], kind: str, token: str, *, depth: int) -> object:
    if kind == "open":
        return _container(tokens, token, depth=depth + 1)
    if kind == "number":
        return _number(token)
    if kind == "text":
        return _text(token)
    if kind == "word":
        return _WORDS[token]
    raise ValueError(f"its text has {token[:40]!r} where a value belongs" if token else "its text breaks off")


def _text(token: str) -> str | bytes:
    quoted = token[token[0] == "b" :][1:-1]
    meant = _ESCAPE.sub(_unescaped, quoted)
    if token[0] != "b":
        return meant
    if not quoted.isascii():
        raise ValueError("its text has bytes that are none")
    return meant.encode("latin-1")


def _unescaped(match: re.Match[str]) -> str:
    escape = match[0]
    if escape in _SHORT:
        return _SHORT[escape]
    digits = escape[2:]
    if len(digits) != {"x": 2, "u": 4, "U": 8}.get(escape[1], -1) or int(digits, 16) > 0x10FFFF:
        raise ValueError(f"its text has {escape!r}, which stands for nothing")
    return chr(int(digits, 16))


def _number(token: str) -> int | float:
    if len(token) > _LONGEST_NUMBER:
        raise ValueError(f"its text has a number of {len(token)} digits")
    return int(token) if token.lstrip("-+").isdecimal() else float(token)


def _container(tokens: Iterator[tuple[str, str]], opened: str, *, depth: int) -> object:
    if depth > DEEPEST:
        raise ValueError(f"its text nests values more than {DEEPEST} deep")
    items: list[object] = []
    keys: list[object] = []
    has_comma = False
    kind, token = next(tokens)
    while kind != "close":
        items.append(_value(tokens, kind, token, depth=depth))
        if opened == "{":
            keys.append(_key(items.pop()))
            if next(tokens) != ("mark", ":"):
                raise ValueError("its text has a key without a value")
            items.append(_value(tokens, *next(tokens), depth=depth))
        kind, token = next(tokens)
        has_comma = (kind, token) == ("mark", ",")
        if has_comma:
            kind, token = next(tokens)
        elif kind != "close":
            raise ValueError(
                f"its text has {token[:40]!r} where a comma belongs" if token else "its text breaks off"
            )
    if token != _CLOSES[opened]:
        raise ValueError(f"its text closes {opened!r} with {token!r}")
    if opened == "{":
        return dict(zip(keys, items, strict=True))
    if opened == "(":
        return items[0] if len(items) == 1 and not has_comma else tuple(items)
    return items


def _key(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return value
    raise ValueError("its text has a key that is a container")
