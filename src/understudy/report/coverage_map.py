"""Which views and openings the target needs and the source has, drawn as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

CELL = 34
LEFT, TOP, SIDE, BOTTOM = 64, 8, 24, 50
_SCALE = 1.25  # of a small map on a wide page


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Counts of faces in the cells of one or two measures.

    Args:
        x_edges: rising borders of the columns.
        y_edges: rising borders of the rows, from the top; two where there is one row.
        source: faces of the source, row by row.
        target: faces of the target.
        missing: whether the target needs the cell and the source lacks it.
        missing_share: share of the target's faces in such cells, 0 .. 1.
    """

    x_edges: Sequence[float]
    y_edges: Sequence[float]
    source: Sequence[Sequence[int]]
    target: Sequence[Sequence[int]]
    missing: Sequence[Sequence[bool]]
    missing_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedStrip:
    """One measure.

    Args:
        name: plain text.
        unit: what its numbers mean, plain text.
        grid: one row.
    """

    name: str
    unit: str
    grid: Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageMap:
    """What of the target's faces the source covers.

    Args:
        pose: yaw by pitch in degrees: yaw above 0 turns to the picture's right, pitch above 0 looks down.
        strips: the other measures, in order.
    """

    pose: Grid
    strips: Sequence[NamedStrip]


def coverage_section(coverage: CoverageMap | None) -> str:
    """The map of views and a line for each other measure."""
    if coverage is None:
        return ""
    return (
        '<section class="coverage"><h2>What the source shows of what the target does</h2>'
        f'<p class="lede">{escape(_summary(coverage))} Views that the source never shows are guessed by '
        "the model: more footage of the source from there helps most.</p>"
        f'{_KEY}<div class="maps"><figure class="chart"><figcaption><strong>View</strong>'
        '<span class="unit">degrees the head is turned; right is the picture\'s right</span></figcaption>'
        f"{_svg(coverage.pose, 'yaw', ('up', 'down'))}</figure>"
        + "".join(_figure(strip) for strip in coverage.strips)
        + "</div></section>"
    )


def _figure(strip: NamedStrip) -> str:
    return (
        f'<figure class="chart"><figcaption><strong>{escape(strip.name.capitalize())}</strong>'
        f'<span class="unit">{escape(strip.unit)}</span></figcaption>{_svg(strip.grid, "", None)}</figure>'
    )


def _summary(coverage: CoverageMap) -> str:
    lacking = [strip for strip in coverage.strips if strip.grid.missing_share]
    if not lacking and not coverage.pose.missing_share:
        return "The source shows all that the target needs."
    turned = (
        f"{_percent(coverage.pose.missing_share)} of the target's faces are turned as the source's never are"
    )
    others = ", ".join(f"{strip.name} ({_percent(strip.grid.missing_share)})" for strip in lacking)
    return f"{turned}; what the source never shows besides: {others}." if others else f"{turned}."


def _percent(share: float) -> str:
    return "under 1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


_KEY = (
    '<ul class="legend coverage-key">'
    '<li><svg class="swatch" viewBox="0 0 16 16"><rect class="cell both" width="16" height="16" rx="3"/>'
    "</svg>both show it</li>"
    '<li><svg class="swatch" viewBox="0 0 16 16"><rect class="cell spare" width="16" height="16" rx="3"/>'
    "</svg>only the source</li>"
    '<li><svg class="swatch" viewBox="0 0 16 16"><rect class="cell lacking" width="16" height="16" rx="3"/>'
    '<path class="cross" d="M5 5l6 6M11 5l-6 6"/></svg>the target needs it, the source lacks it</li></ul>'
)


def _svg(grid: Grid, x_name: str, ends: tuple[str, str] | None) -> str:
    columns, rows = len(grid.x_edges) - 1, len(grid.y_edges) - 1
    left = LEFT if ends else SIDE
    width, height = left + columns * CELL + SIDE, TOP + rows * CELL + (BOTTOM if x_name else 26)
    most = max((count for row in grid.source for count in row), default=0) or 1
    cells = "".join(
        _cell(grid, row, column, left, most, with_rows=ends is not None)
        for row in range(rows)
        for column in range(columns)
    )
    base = TOP + rows * CELL
    step = max(1, -(-columns // 10))
    decimals = 0 if all(float(edge).is_integer() for edge in grid.x_edges) else 2
    ticks = "".join(
        f'<text class="tick" x="{left + i * CELL}" y="{base + 17}" text-anchor="middle">'
        f"{edge:.{decimals}f}</text>"
        for i, edge in enumerate(grid.x_edges)
        if i % step == 0
    )
    words = ""
    if ends:
        ticks += "".join(
            f'<text class="tick" x="{left - 8}" y="{TOP + i * CELL + 4}" text-anchor="end">{edge:.0f}</text>'
            for i, edge in enumerate(grid.y_edges)
        )
        words = (
            f'<text class="label" x="2" y="{TOP + 5}">{ends[0]}</text>'
            f'<text class="label" x="2" y="{base}">{ends[1]}</text>'
            f'<text class="label" x="{left}" y="{base + 38}">\u2190 left</text>'
            f'<text class="label" x="{left + columns * CELL}" y="{base + 38}" text-anchor="end">'
            "right \u2192</text>"
        )
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{_SCALE * width:.0f}" role="img" '
        f'aria-label="Counts of faces in cells">{cells}{ticks}{words}</svg>'
    )


def _cell(grid: Grid, row: int, column: int, left: int, most: int, *, with_rows: bool) -> str:
    source, target = grid.source[row][column], grid.target[row][column]
    x, y = left + column * CELL + 1, TOP + row * CELL + 1
    lacking = grid.missing[row][column]
    kind = "lacking" if lacking else "both" if source and target else "spare" if source else "empty"
    # a cell with few faces is faint, yet never so faint that it looks empty
    strength = 0.35 + 0.65 * (source / most) ** 0.5 if kind in ("both", "spare") else 1
    where = f"{grid.x_edges[column]:g} to {grid.x_edges[column + 1]:g}"
    if with_rows:
        where = f"yaw {where}, pitch {grid.y_edges[row]:g} to {grid.y_edges[row + 1]:g}"
    mark = f'<path class="cross" d="M{x + 11} {y + 11}l10 10m0 -10l-10 10"/>' if lacking else ""
    size = CELL - 2
    return (
        f"<g><title>{where}: source {source}, target {target}</title>"
        f'<rect class="cell {kind}" x="{x}" y="{y}" width="{size}" height="{size}" rx="5" '
        f'fill-opacity="{strength:.2f}"/>{mark}</g>'
    )
