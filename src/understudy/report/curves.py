"""Figures over the frames, on the player's clock."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from understudy.report.plots import Line, colour_of, line_chart

MOST_POINTS = 800  # of a line; a chart is not wider than that


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSeries:
    """A figure over the frames, for one or more clips.

    Args:
        name: what was measured, e.g. "mouth opening".
        times_s: presentation times on the target's clock, rising.
        values: for each name ("target", "output") as many values as times; None where not measured.
        unit: unit of the values, may be empty.
        explanation: what it means where it is high, a few words.
    """

    name: str
    times_s: Sequence[float]
    values: Mapping[str, Sequence[float | None]]
    unit: str = ""
    explanation: str = ""


def frame_charts(series: Sequence[FrameSeries], *, seeks: bool) -> str:
    """One chart a figure; with `seeks` a click moves the player there."""
    charts = [
        line_chart(
            one.name,
            [_line(name, i, one.times_s, values) for i, (name, values) in enumerate(one.values.items())],
            "seconds",
            one.unit,
            seeks=seeks,
            explanation=one.explanation,
        )
        for one in series
    ]
    lede = '<p class="lede">Click on a curve to go to that moment.</p>' if seeks else ""
    return chart_section("Frame by frame", lede, charts)


def chart_section(title: str, lede: str, charts: Sequence[str]) -> str:
    """A section of charts, empty where none was drawn; `title` and `lede` are HTML."""
    drawn = "".join(charts)
    return f'<section><h2>{title}</h2>{lede}<div class="charts">{drawn}</div></section>' if drawn else ""


def _line(name: str, index: int, times_s: Sequence[float], values: Sequence[float | None]) -> Line:
    x, y = thinned(times_s, values, MOST_POINTS)
    return Line(name=name, x=x, y=y, colour=colour_of(name, index))


def thinned(
    times_s: Sequence[float], values: Sequence[float | None], most: int
) -> tuple[list[float], list[float | None]]:
    """Leave out points that a chart has no room for; of each stretch the lowest and the highest stay.

    Args:
        times_s: rising positions.
        values: as many; None or NaN where not known. A stretch in which none is known stays a gap.
        most: how many to leave, at least 2.

    Returns:
        Positions and values, at most `most` of each.
    """
    if len(times_s) != len(values) or len(values) <= most:
        return list(times_s), list(values)
    kept: list[int] = []
    for stretch in np.array_split(np.arange(len(values)), most // 2):
        known = [
            (value, int(i)) for i in stretch if (value := values[i]) is not None and math.isfinite(value)
        ]
        kept += sorted({min(known)[1], max(known)[1]}) if known else [int(stretch[0])]
    return [times_s[i] for i in kept], [values[i] for i in kept]
