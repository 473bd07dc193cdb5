"""What goes to standard output: one JSON object, or a short table for people."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from understudy.core.shown import shown

Row = tuple[str, str]


def print_json(value: Mapping[str, object]) -> None:
    """Print one object on one line, in ASCII; numbers that JSON lacks (NaN, infinity) become null."""
    sys.stdout.write(json.dumps(jsonable(value), allow_nan=False) + "\n")
    sys.stdout.flush()


def jsonable(value: object) -> object:
    """Turn results into what JSON knows: dataclass to object, Path to string, Fraction to number.

    Raises:
        TypeError: a type that no result has.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {str(key): jsonable(item) for key, item in items}
    if isinstance(value, Path):
        # a name that is not UTF-8 must not make the output unreadable
        return shown(str(value))
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, (float, Fraction)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Iterable):
        return [jsonable(item) for item in cast("Iterable[object]", value)]
    if hasattr(value, "item"):  # a NumPy scalar; NumPy itself is too slow to import here
        return jsonable(cast("Fraction", value).item())  # pyright: ignore[reportAttributeAccessIssue]
    raise TypeError(f"cannot write a {type(value).__name__} as JSON")


def print_rows(rows: Sequence[Row]) -> None:
    """Print name and value in two columns."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(_cell(name), _cell(value))
    _print(table)


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns under a header."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    _print(table)


def to_error_stream(line: str) -> None:
    """Print one line on standard error."""
    sys.stderr.write(printable(line) + "\n")
    sys.stderr.flush()


def number(value: float | None, digits: int = 2, unit: str = "") -> str:
    """A figure for people: "-" where there is none."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:.{digits}f}{unit}"


def _print(table: Table) -> None:
    # made at each use: the stream may have been exchanged since; a pipe gets whole lines
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 200)
    with console.capture() as captured:
        console.print(table)
    # rich pads every line to the table's width
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def _cell(text: str) -> Text:
    # not a str: rich would read "[...]" in a file name as markup
    return Text(printable(text))


def printable(text: str) -> str:
    """Replace what a terminal might obey, and the lone surrogates that stand for bytes of file names."""
    text = shown(text)
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
