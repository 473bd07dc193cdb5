"""A flat drawing of boxes, lines and words, as an SVG or as pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import cv2
import numpy as np

from understudy.core.types import Image

Colour = tuple[int, int, int]  # RGB
Anchor = Literal["start", "middle", "end"]

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_FONT_HEIGHT_PX = 21.0  # of a capital at scale 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A filled rectangle, its top left corner at (x, y), with a border where `edge` is given."""

    x: float
    y: float
    width: float
    height: float
    fill: Colour
    edge: Colour | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """A straight line from `start` to `end`, both (x, y)."""

    start: tuple[float, float]
    end: tuple[float, float]
    colour: Colour
    width: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One line of ASCII text on the base line y; `size_px` is the height of a letter with its gap."""

    x: float
    y: float
    text: str
    size_px: float
    colour: Colour
    anchor: Anchor = "start"


Shape = Box | Stroke | Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Shapes on white, the first one at the bottom; lengths in pixels, y down."""

    width: int
    height: int
    shapes: Sequence[Shape]


def svg_of(drawing: Drawing) -> str:
    """The drawing as an SVG file."""
    shapes = "\n".join(_svg_shape(shape) for shape in drawing.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawing.width} {drawing.height}" '
        f'width="{drawing.width}" height="{drawing.height}" font-family="system-ui, sans-serif">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{shapes}\n</svg>\n'
    )


def image_of(drawing: Drawing, scale: int = 2) -> Image:
    """The drawing as pixels.

    Args:
        drawing: what is drawn.
        scale: pixels of the picture a pixel of the drawing.

    Returns:
        (height * scale, width * scale, 3) RGB uint8.
    """
    image = np.full((drawing.height * scale, drawing.width * scale, 3), 255, np.uint8)
    for shape in drawing.shapes:
        _paint(image, shape, scale)
    return image


def _svg_shape(shape: Shape) -> str:
    if isinstance(shape, Box):
        edge = f' stroke="{_hex(shape.edge)}" stroke-width="2"' if shape.edge else ""
        return (
            f'<rect x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}" height="{shape.height:g}" '
            f'fill="{_hex(shape.fill)}"{edge}/>'
        )
    if isinstance(shape, Stroke):
        (x0, y0), (x1, y1) = shape.start, shape.end
        return (
            f'<line x1="{x0:g}" y1="{y0:g}" x2="{x1:g}" y2="{y1:g}" stroke="{_hex(shape.colour)}" '
            f'stroke-width="{shape.width:g}"/>'
        )
    return (
        f'<text x="{shape.x:g}" y="{shape.y:g}" font-size="{shape.size_px:g}" fill="{_hex(shape.colour)}" '
        f'text-anchor="{shape.anchor}">{escape(shape.text)}</text>'
    )


def _paint(image: Image, shape: Shape, scale: int) -> None:
    if isinstance(shape, Box):
        corners = _at(shape.x, shape.y, scale), _at(shape.x + shape.width, shape.y + shape.height, scale)
        cv2.rectangle(image, *corners, shape.fill, cv2.FILLED)
        if shape.edge:
            cv2.rectangle(image, *corners, shape.edge, 2 * scale, cv2.LINE_AA)
    elif isinstance(shape, Stroke):
        thickness = max(1, round(shape.width * scale))
        cv2.line(
            image, _at(*shape.start, scale), _at(*shape.end, scale), shape.colour, thickness, cv2.LINE_AA
        )
    else:
        # a letter with its gap is about 1.4 capitals high
        font_scale = shape.size_px * scale / (1.4 * _FONT_HEIGHT_PX)
        (width, _), _ = cv2.getTextSize(shape.text, _FONT, font_scale, max(1, scale // 2))
        x = shape.x * scale - {"start": 0, "middle": width / 2, "end": width}[shape.anchor]
        origin = (round(x), round(shape.y * scale))
        cv2.putText(
            image, shape.text, origin, _FONT, font_scale, shape.colour, max(1, scale // 2), cv2.LINE_AA
        )


def _at(x: float, y: float, scale: int) -> tuple[int, int]:
    return round(x * scale), round(y * scale)


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
