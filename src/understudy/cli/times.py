"""Times as people type them."""

from __future__ import annotations

import re
from fractions import Fraction

import typer

_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)", re.ASCII)


def seconds(text: str) -> float:
    """Seconds of "12.5", "1:02.5" or "1:00:02.5", as an option's parser.

    Raises:
        typer.BadParameter: it is no time.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise typer.BadParameter(f"{text!r} is no time; give seconds (12.5) or minutes and seconds (1:02.5)")
    hours, minutes, rest = (Fraction(part or 0) for part in match.groups())
    # 1:75 is more likely a slip than 2:15; 90:00 is how long films are told
    if (match[2] and rest >= 60) or (match[1] and minutes >= 60):
        raise typer.BadParameter(f"{text!r} is no time; minutes and seconds go up to 59 (1:00:02.5)")
    return float(hours * 3600 + minutes * 60 + rest)
