"""Curves of a performance as a picture: a row for each thing that a face does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from understudy.report.curves import thinned
from understudy.report.drawing import Box, Colour, Drawing, Shape, Stroke, Words
from understudy.report.plots import format_tick, nice_ticks

_LEFT, _RIGHT, _TOP, _FOOT = 270, 24, 44, 40  # px around the curves
_WIDTH, _ROW, _GAP = 1100, 54, 14
_INK, _SOFT, _LINE, _BACK = (29, 31, 35), (98, 102, 109), (214, 212, 205), (247, 246, 242)
_COLOURS: tuple[Colour, ...] = ((183, 115, 26), (70, 104, 176))  # the person's left, then right, or the one


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One or two lines over the same span.

    Args:
        name: of the row.
        lines: (n,) values each, NaN where not known; two are a left and a right side.
        low: bottom of the row.
        high: top of the row.
    """

    name: str
    lines: Sequence[NDArray[np.floating]]
    low: float
    high: float


def expression_sheet(title: str, times_s: NDArray[np.floating], curves: Sequence[Curve]) -> Drawing:
    """Draw curves below each other.

    Args:
        title: heading, ASCII.
        times_s: (n,) rising.
        curves: one a row.
    """
    start, end = float(times_s[0]), float(max(times_s[-1], times_s[0] + 1e-3))
    bottom = _TOP + len(curves) * (_ROW + _GAP)
    shapes: list[Shape] = [
        Words(x=24, y=28, text=title, size_px=18, colour=_INK),
        Words(x=_WIDTH - 190, y=28, text="left", size_px=14, colour=_COLOURS[0], anchor="end"),
        Words(
            x=_WIDTH - _RIGHT, y=28, text="right (the person's)", size_px=14, colour=_COLOURS[1], anchor="end"
        ),
    ]
    for row, curve in enumerate(curves):
        shapes += _row(curve, times_s, (start, end), _TOP + row * (_ROW + _GAP))
    return Drawing(width=_WIDTH, height=bottom + _FOOT, shapes=[*shapes, *_axis((start, end), bottom)])


def _row(curve: Curve, times_s: NDArray[np.floating], span: tuple[float, float], top: float) -> list[Shape]:
    shapes: list[Shape] = [
        Box(x=_LEFT, y=top, width=_WIDTH - _LEFT - _RIGHT, height=_ROW, fill=_BACK),
        Words(x=24, y=top + _ROW / 2 + 5, text=curve.name, size_px=15, colour=_INK),
        Words(x=_LEFT - 8, y=top + 11, text=f"{curve.high:g}", size_px=11, colour=_SOFT, anchor="end"),
        Words(x=_LEFT - 8, y=top + _ROW, text=f"{curve.low:g}", size_px=11, colour=_SOFT, anchor="end"),
    ]
    if curve.low < 0 < curve.high:
        y = _y(curve, top, 0.0)
        shapes.append(Stroke(start=(_LEFT, y), end=(_WIDTH - _RIGHT, y), colour=_LINE))
    for values, colour in zip(curve.lines, _COLOURS, strict=False):
        x, y = thinned(times_s.tolist(), [float(value) for value in values], _WIDTH)
        points = [
            (_x(span, at), _y(curve, top, value)) if value is not None and np.isfinite(value) else None
            for at, value in zip(x, y, strict=True)
        ]
        shapes += [
            Stroke(start=a, end=b, colour=colour, width=1.5)
            for a, b in pairwise(points)
            if a is not None and b is not None
        ]
    return shapes


def _axis(span: tuple[float, float], bottom: float) -> list[Shape]:
    ticks = nice_ticks(*span, 9)
    shapes: list[Shape] = []
    for tick in (tick for tick in ticks if span[0] - 1e-9 <= tick <= span[1] + 1e-9):
        x = _x(span, tick)
        label = format_tick(tick, ticks[1] - ticks[0])
        shapes.append(Stroke(start=(x, bottom - _GAP), end=(x, bottom - _GAP + 5), colour=_SOFT))
        shapes.append(Words(x=x, y=bottom + 8, text=label, size_px=12, colour=_SOFT, anchor="middle"))
    shapes.append(
        Words(x=_WIDTH - _RIGHT, y=bottom + 28, text="seconds", size_px=13, colour=_INK, anchor="end")
    )
    return shapes


def _x(span: tuple[float, float], time_s: float) -> float:
    return _LEFT + (time_s - span[0]) / (span[1] - span[0]) * (_WIDTH - _LEFT - _RIGHT)


def _y(curve: Curve, top: float, value: float) -> float:
    share = (min(max(value, curve.low), curve.high) - curve.low) / (curve.high - curve.low)
    return top + (1 - share) * _ROW
