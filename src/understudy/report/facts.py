"""What a reader should know of a run, and what it was made with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape


def warnings(messages: Sequence[str]) -> str:
    """What the reader should know about this run."""
    if not messages:
        return ""
    items = "".join(f"<li>{escape(message)}</li>" for message in messages)
    return f'<div class="warnings" role="note"><ul>{items}</ul></div>'


def facts(title: str, values: Mapping[str, object]) -> str:
    """Names and values, folded away; a list or a tuple is written line by line.

    Args:
        title: plain text.
        values: in order; a value of None is left out.
    """
    rows = "".join(
        f"<tr><th>{escape(str(name))}</th><td>{_value(value)}</td></tr>"
        for name, value in values.items()
        if value is not None
    )
    return f"<details><summary>{escape(title)}</summary><table>{rows}</table></details>" if rows else ""


def _value(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "<br>".join(escape(str(one)) for one in value)
    return escape(str(value))
