"""What was measured, as a list with words: data in, HTML out; every text is escaped here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure.

    Args:
        name: what was measured.
        value: a number, a text, or None where it could not be measured.
        unit: "%", "dB", "ms"; empty for a plain number.
        good_when: the line that it should reach, e.g. "at least 0.7"; may be empty.
        is_good: whether it does; None where there is no such line.
        explanation: one sentence for a reader who is new to it.
    """

    name: str
    value: float | str | None
    unit: str = ""
    good_when: str = ""
    is_good: bool | None = None
    explanation: str = ""


def figures(rows: Sequence[Figure]) -> str:
    """What was measured, what it means and where good begins."""
    if not rows:
        return ""
    items = "".join(_figure(row) for row in rows)
    return f'<section><h2>Measured</h2><ul class="figures">{items}</ul></section>'


def format_value(value: float | str | None) -> str:
    """Write a number with three significant digits, and what is not a number as it is."""
    if value is None:
        return NOT_MEASURED
    if isinstance(value, str):
        return value
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return NOT_MEASURED
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    if value and abs(value) < 0.001:
        return f"{value:.2g}"
    decimals = 3 if abs(value) < 1 else 2 if abs(value) < 10 else 1
    return f"{value:.{decimals}f}"


def _figure(row: Figure) -> str:
    mark = ""
    if row.is_good is not None:
        mark = (
            '<span class="mark good">✓</span> ' if row.is_good else '<span class="mark bad">✗ missed</span> '
        )
    text = format_value(row.value)
    missing = text == NOT_MEASURED
    unit = "" if missing else row.unit if row.unit in ("°", "%") else f" <small>{escape(row.unit)}</small>"
    return (
        f'<li><span class="name">{escape(row.name)}</span>'
        f'<span class="value{" none" if missing else ""}">{escape(text)}{unit if row.unit else ""}</span>'
        f'<span class="why">{escape(row.explanation)}</span>'
        f'<span class="good-when">{mark}{escape(row.good_when)}</span></li>'
    )
