"""Line charts as inline SVG, drawn without a plotting library; colours come from the page's CSS."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 480, 236
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 10, 40
ROLES = ("source", "target", "output", "truth")
PALETTE_SIZE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a chart.

    Args:
        name: its entry in the legend.
        x: rising positions.
        y: as many values; None or a value that is not finite leaves a gap.
        colour: CSS class, one of `colour_of`'s.
        dashed: drawn as a reference rather than as a measurement.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    colour: str
    dashed: bool = False

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise ValueError(f"line {self.name!r} has {len(self.x)} positions and {len(self.y)} values")

    def runs(self) -> list[list[tuple[float, float]]]:
        """The points, parted at the gaps."""
        runs: list[list[tuple[float, float]]] = [[]]
        for x, y in zip(self.x, self.y, strict=True):
            if y is not None and math.isfinite(y) and math.isfinite(x):
                runs[-1].append((x, float(y)))
            elif runs[-1]:
                runs.append([])
        return [run for run in runs if run]


def colour_of(name: str, index: int) -> str:
    """CSS class of a line: the role's own colour where the name is a role, else one by position."""
    return f"c-{name}" if name in ROLES else f"c{index % PALETTE_SIZE}"


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round positions that enclose [low, high], in steps of 1, 2 or 5 times a power of ten.

    Args:
        low: smallest value to enclose.
        high: largest, not below `low`.
        count: about how many are wanted.

    Returns:
        Rising ticks, at least two, the first <= low and the last >= high.
    """
    if high - low <= 1e-12 * max(1.0, abs(low), abs(high)):
        margin = abs(low) * 0.1 or 1.0
        low, high = low - margin, high + margin
    rough = (high - low) / max(count - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [i * step for i in range(first, last + 1)]


def format_tick(value: float, step: float) -> str:
    """Write a tick with just the decimals that its step needs."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value + 0.0:.{decimals}f}"


def line_chart(
    title: str,
    lines: Sequence[Line],
    x_label: str,
    y_label: str,
    *,
    seeks: bool = False,
    explanation: str = "",
) -> str:
    """Draw lines over a common pair of axes.

    Args:
        title: heading of the figure.
        lines: what to draw; those without a single finite value are left out.
        x_label: name and unit of the x axis.
        y_label: name and unit of the y axis, may be empty.
        seeks: the x axis is the player's clock in seconds: a click seeks, and a playhead shows.
        explanation: a few words below the title, may be empty.

    Returns:
        A `<figure>` with legend and SVG; empty where no line has a value.
    """
    points = [point for line in lines for run in line.runs() for point in run]
    if not points:
        return ""
    x_low, x_high = min(x for x, _ in points), max(x for x, _ in points)
    if x_high <= x_low:
        x_low, x_high = x_low - 0.5, x_high + 0.5
    y_ticks = nice_ticks(min(y for _, y in points), max(y for _, y in points))
    axes = _Axes(x_low, x_high, y_ticks[0], y_ticks[-1])
    shown = [line for line in lines if line.runs()]
    body = _grid(axes, y_ticks, x_label) + "".join(_path(axes, line) for line in shown)
    if seeks:
        body += f'<line class="playhead" x1="{LEFT}" x2="{LEFT}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
    clock = (
        f' data-seek data-t0="{x_low:.6g}" data-t1="{x_high:.6g}" data-x0="{LEFT}" data-x1="{WIDTH - RIGHT}"'
        if seeks
        else ""
    )
    unit = f'<span class="unit">{escape(y_label)}</span>' if y_label else ""
    words = f'<p class="means">{escape(explanation)}</p>' if explanation else ""
    return (
        f'<figure class="chart"><figcaption><strong>{escape(title)}</strong>{unit}{words}'
        f"{_legend(shown)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}"{clock}>{body}</svg>'
        "</figure>"
    )


@dataclass(frozen=True, slots=True)
class _Axes:
    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> float:
        return LEFT + (value - self.x_low) / (self.x_high - self.x_low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (value - self.y_low) / (self.y_high - self.y_low) * (HEIGHT - TOP - BOTTOM)


def _grid(axes: _Axes, y_ticks: list[float], x_label: str) -> str:
    parts: list[str] = []
    for tick in y_ticks:
        y = axes.y(tick)
        label = format_tick(tick, y_ticks[1] - y_ticks[0])
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    x_ticks = nice_ticks(axes.x_low, axes.x_high, 6)
    margin = 1e-6 * (axes.x_high - axes.x_low)
    for tick in x_ticks:
        if axes.x_low - margin <= tick <= axes.x_high + margin:
            x, label = axes.x(tick), format_tick(tick, x_ticks[1] - x_ticks[0])
            y = HEIGHT - BOTTOM
            parts.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + 4}"/>')
            parts.append(f'<text class="tick" x="{x:.1f}" y="{y + 17}" text-anchor="middle">{label}</text>')
    base = HEIGHT - BOTTOM
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}"/>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text class="label" x="{middle}" y="{HEIGHT - 5}" text-anchor="middle">{escape(x_label)}</text>'
    )
    return "".join(parts)


def _path(axes: _Axes, line: Line) -> str:
    parts: list[str] = []
    for run in line.runs():
        where = [f"{axes.x(x):.1f},{axes.y(y):.1f}" for x, y in run]
        if len(where) == 1:
            x, y = where[0].split(",")
            parts.append(f'<circle class="dot {line.colour}" cx="{x}" cy="{y}" r="3"/>')
        else:
            parts.append(f'<polyline class="{_line_classes(line)}" points="{" ".join(where)}"/>')
    return "".join(parts)


def _legend(lines: Sequence[Line]) -> str:
    entries = "".join(
        f'<li><svg class="key" viewBox="0 0 22 8"><line class="{_line_classes(line)}" x1="1" x2="21" '
        f'y1="4" y2="4"/></svg>{escape(line.name)}</li>'
        for line in lines
    )
    return f'<ul class="legend">{entries}</ul>'


def _line_classes(line: Line) -> str:
    return f"line {line.colour}{' dashed' if line.dashed else ''}"
