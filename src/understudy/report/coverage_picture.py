"""The map of views of source and target side by side, and both in a row for each other measure."""

from __future__ import annotations

from collections.abc import Sequence

from understudy.report.coverage_map import CoverageMap, Grid, NamedStrip
from understudy.report.drawing import Box, Colour, Drawing, Shape, Stroke, Words

SOURCE, TARGET = (183, 115, 26), (70, 104, 176)
_RED, _INK, _SOFT, _EMPTY = (179, 64, 46), (29, 31, 35), (98, 102, 109), (236, 235, 230)

_MARGIN, _GAP = 56, 70  # px around all, and between the two maps
_CELL, _MAP_MOST = 46, 560  # px of a cell at most, and of a whole map
_HEAD, _FOOT = 84, 64  # px above and below the maps
_STRIP, _ROW, _NAMES = 78, 20, 370  # px from strip to strip, of one of its two rows, and for its name
_STRIP_CELL, _STRIP_MOST = 46, 720
_NUMBERS_FROM = 30  # px of a cell that a number fits into


def coverage_picture(found: CoverageMap) -> Drawing:
    """Draw what both show, and mark what the target needs and the source lacks."""
    columns, rows = len(found.pose.x_edges) - 1, len(found.pose.y_edges) - 1
    cell = min(_CELL, _MAP_MOST // max(columns, rows))
    map_width, map_height = columns * cell, rows * cell
    second = _MARGIN + map_width + _GAP
    strips_top = _HEAD + map_height + _FOOT
    shapes: list[Shape] = _legend()
    for left, name, colour in ((_MARGIN, "Source", SOURCE), (second, "Target", TARGET)):
        counts = found.pose.source if name == "Source" else found.pose.target
        shapes += _map(found.pose, counts, f"{name}: views", colour, left, cell)
    for i, strip in enumerate(found.strips):
        shapes += _strip(strip, strips_top + i * _STRIP)
    return Drawing(
        width=max(second + map_width, _MARGIN + _NAMES + _STRIP_MOST, 760) + _MARGIN,
        height=strips_top + len(found.strips) * _STRIP + 8,
        shapes=shapes,
    )


def _legend() -> list[Shape]:
    words = "faces the target needs and the source lacks (left and right as the camera sees them)"
    return [
        *_cell(_MARGIN, 14, 18, 18, (255, 255, 255), missing=True),
        Words(x=_MARGIN + 28, y=29, text=words, size_px=15, colour=_INK),
    ]


def _map(
    grid: Grid, counts: Sequence[Sequence[int]], title: str, colour: Colour, left: int, cell: int
) -> list[Shape]:
    most = max((count for row in counts for count in row), default=0) or 1
    shapes: list[Shape] = [Words(x=left, y=_HEAD - 14, text=title, size_px=17, colour=colour)]
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            x, y = left + j * cell, _HEAD + i * cell
            fill = _tint(colour, count, most)
            shapes += _cell(x, y, cell, cell, fill, missing=False)
            if count and cell >= _NUMBERS_FROM:
                shapes.append(_number(x + cell / 2, y + cell / 2 + 5, count, count / most))
    # crosses last, so that no neighbour covers their borders
    for i, row in enumerate(grid.missing):
        for j, missing in enumerate(row):
            if missing:
                shapes += _mark(left + j * cell, _HEAD + i * cell, cell, cell)
    return shapes + _axes(grid, left, cell)


def _axes(grid: Grid, left: int, cell: int) -> list[Shape]:
    base, right = _HEAD + (len(grid.y_edges) - 1) * cell, left + (len(grid.x_edges) - 1) * cell
    each = 1 if cell >= _NUMBERS_FROM else 2
    shapes: list[Shape] = [
        Words(x=left + i * cell, y=base + 18, text=f"{edge:.0f}", size_px=13, colour=_SOFT, anchor="middle")
        for i, edge in enumerate(grid.x_edges)
        if i % each == 0
    ]
    shapes += [
        Words(x=left - 8, y=_HEAD + i * cell + 5, text=f"{edge:.0f}", size_px=13, colour=_SOFT, anchor="end")
        for i, edge in enumerate(grid.y_edges)
        if i % each == 0
    ]
    return [
        *shapes,
        Words(x=left, y=base + 38, text="< left", size_px=14, colour=_INK),
        Words(x=right, y=base + 38, text="right >", size_px=14, colour=_INK, anchor="end"),
        Words(x=left - 8, y=_HEAD - 14, text="up", size_px=14, colour=_INK, anchor="end"),
        Words(x=left - 8, y=base + 38, text="down", size_px=14, colour=_INK, anchor="end"),
    ]


def _strip(strip: NamedStrip, top: int) -> list[Shape]:
    grid, left = strip.grid, _MARGIN + _NAMES
    columns = len(grid.x_edges) - 1
    cell = min(_STRIP_CELL, _STRIP_MOST / columns)
    shapes: list[Shape] = [
        Words(x=_MARGIN, y=top + 17, text=strip.name, size_px=16, colour=_INK),
        Words(x=_MARGIN, y=top + 35, text=_short(strip.unit), size_px=12, colour=_SOFT),
    ]
    for row, (counts, colour) in enumerate(((grid.source[0], SOURCE), (grid.target[0], TARGET))):
        most = max(counts, default=0) or 1
        for i, count in enumerate(counts):
            fill = _tint(colour, count, most)
            shapes += _cell(left + i * cell, top + row * _ROW, cell, _ROW, fill, missing=False)
    for i, missing in enumerate(grid.missing[0]):
        if missing:
            shapes += _mark(left + i * cell, top, cell, 2 * _ROW)
    decimals = 0 if all(float(edge).is_integer() for edge in grid.x_edges) else 2
    each = max(1, -(-columns // max(1, int(columns * cell // 46))))
    return shapes + [
        Words(
            x=left + i * cell,
            y=top + 2 * _ROW + 16,
            text=f"{edge:.{decimals}f}",
            size_px=12,
            colour=_SOFT,
            anchor="middle",
        )
        for i, edge in enumerate(grid.x_edges)
        if i % each == 0
    ]


def _short(text: str, most: int = 56) -> str:
    return text if len(text) <= most else text[: most - 3].rstrip() + "..."


def _number(x: float, y: float, count: int, share: float) -> Words:
    colour = (255, 255, 255) if share > 0.2 else _INK
    return Words(x=x, y=y, text=str(count), size_px=13, colour=colour, anchor="middle")


def _cell(x: float, y: float, width: float, height: float, fill: Colour, *, missing: bool) -> list[Shape]:
    box = Box(x=x + 1, y=y + 1, width=width - 2, height=height - 2, fill=fill)
    return [box, *(_mark(x, y, width, height) if missing else ())]


def _mark(x: float, y: float, width: float, height: float) -> list[Shape]:
    """A red frame as four strokes, and a small cross in its corner, so that a number stays legible."""
    x0, y0, x1, y1 = x + 2, y + 2, x + width - 2, y + height - 2
    corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    sides = zip(corners, (*corners[1:], corners[0]), strict=True)
    arm = min(9.0, (x1 - x0) / 2)
    cross = (((x1 - arm, y0 + 2), (x1 - 2, y0 + arm)), ((x1 - 2, y0 + 2), (x1 - arm, y0 + arm)))
    return [Stroke(start=a, end=b, colour=_RED, width=2) for a, b in (*sides, *cross)]


def _tint(colour: Colour, count: int, most: int) -> Colour:
    if not count:
        return _EMPTY
    # a cell with few faces is faint, yet never so faint that it looks empty
    strength = 0.3 + 0.7 * (count / most) ** 0.5
    red, green, blue = (round(255 + (part - 255) * strength) for part in colour)
    return red, green, blue
