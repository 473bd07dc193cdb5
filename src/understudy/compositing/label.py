"""A visible label in a corner of the picture: what it looks like, and where it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from understudy.compositing.label_letters import LABEL_FONT, LABEL_WEIGHT
from understudy.core.types import Mask

_SAFE = 0.05  # of width and height, at each edge, that screens may cut off
_CAPITAL = 0.024  # height of a capital, of the shorter side
_LEAST_CAPITAL_PX = 9.0  # smaller letters cannot be read
_WIDEST, _HIGHEST = 0.45, 0.3  # of the picture; longer texts are broken into lines, then made smaller
_PAD, _LEADING = 0.75, 1.9  # around the text, and from line to line, in capitals
_ROUND = 0.55  # radius of the corners, in capitals
_BACKDROP = 0.78  # how much of what lies beneath the box is gone
_FONT, _WEIGHT, _EM = LABEL_FONT, LABEL_WEIGHT, 4 / 3  # size of its letters over a capital's height
_FINER = 4  # times as many pixels a side are drawn, and averaged

Box = tuple[int, int, int, int]  # x0, y0, x1, y1, ends exclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelArt:
    """A label's pixels.

    Args:
        text: (h, w) float32 in [0, 1], how much of each pixel is letters.
        weight: (h, w) float32 in [0, 1], how much of it is new: letters, and the dark box behind them.
    """

    text: Mask
    weight: Mask

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.text.shape[1], self.text.shape[0]


def label_art(text: str, width_px: int, height_px: int) -> LabelArt:
    """Draw a label for pictures of some size: light letters on a dark box, which are read on anything.

    Args:
        text: what it says.
        width_px: of the picture.
        height_px: likewise.
    """
    capital = max(_LEAST_CAPITAL_PX, _CAPITAL * min(width_px, height_px))
    lines = _lines(text, _WIDEST * width_px, capital)
    width, height = _extent(lines, capital)
    room = width_px * (1 - 2 * _SAFE), height_px * _HIGHEST
    capital *= min(1.0, room[0] / width, room[1] / height)
    # letters are drawn in whole sizes, and what is measured must be what is drawn
    return _drawn(lines, max(1, int(capital * _FINER * _EM)))


def _lines(text: str, widest_px: float, capital_px: float) -> list[str]:
    """The words in lines that are as long as may be."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _width(longer, capital_px) <= widest_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _width(text: str, capital_px: float) -> float:
    """Width of a line in pixels."""
    font = cv2.FontFace(_FONT)
    size = 400
    _, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), font, size, _WEIGHT)
    return width * capital_px * _EM / size


def _extent(lines: Sequence[str], capital_px: float) -> tuple[float, float]:
    """Width and height of the box."""
    width = max(_width(line, capital_px) for line in lines)
    height = capital_px * (1 + _LEADING * (len(lines) - 1))
    return width + 2 * _PAD * capital_px, height + 2 * _PAD * capital_px


def _drawn(lines: Sequence[str], font_size: int) -> LabelArt:
    """Letters of some size, drawn finer than they will be."""
    fine = font_size / _EM
    size = tuple(max(1, int(np.ceil(length))) for length in _extent(lines, fine / _FINER))
    letters, box = (np.zeros((size[1] * _FINER, size[0] * _FINER, 3), np.uint8) for _ in range(2))
    font = cv2.FontFace(_FONT)
    for number, line in enumerate(lines):
        at = round(_PAD * fine), round(_PAD * fine + fine * (1 + _LEADING * number))
        cv2.putText(letters, line, at, (255, 255, 255), font, font_size, _WEIGHT)
    radius = round(min(_ROUND * fine, min(box.shape[:2]) / 2 - 1))
    (height, width), white = box.shape[:2], (255, 255, 255)
    cv2.rectangle(box, (radius, 0), (width - 1 - radius, height - 1), white, cv2.FILLED)
    cv2.rectangle(box, (0, radius), (width - 1, height - 1 - radius), white, cv2.FILLED)
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(box, (x, y), radius, white, cv2.FILLED)
    text, beneath = (_reduced(layer, size) for layer in (letters, box))
    weight = 1 - (1 - text) * (1 - _BACKDROP * beneath)
    return LabelArt(text=text, weight=np.asarray(weight, np.float32))


def _reduced(layer: np.ndarray, size: Sequence[int]) -> Mask:
    small = cv2.resize(layer[..., 0], (size[0], size[1]), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


def label_boxes(art_px: tuple[int, int], picture_px: tuple[int, int], grid_px: tuple[int, int]) -> list[Box]:
    """Where a label can go: bottom left, bottom right, top left and top right, inside the title-safe area.

    Args:
        art_px: width and height of the label.
        picture_px: of the picture.
        grid_px: columns and rows that a box starts on.

    Reference:
        SMPTE ST 2046-1: safe title area, 90 % of width and height.
    """
    near, far = [
        _from_edges(length, whole, grid)
        for length, whole, grid in zip(art_px, picture_px, grid_px, strict=True)
    ]
    width, height = art_px
    return [(x, y, x + width, y + height) for y in reversed(far) for x in near]


def _from_edges(length: int, whole: int, grid: int) -> tuple[int, int]:
    """First pixel of what lies at the lower edge, and of what lies at the upper one."""
    margin = int(np.ceil(_SAFE * whole))
    first = -(-margin // grid) * grid
    last = max(0, whole - margin - length) // grid * grid
    return min(first, last) if last < first else first, last


def choose_box(boxes: Sequence[Box], taken: Sequence[Box], before: int) -> int:
    """Which of some boxes a label goes to: it stays where it was until something that is drawn comes there.

    Args:
        boxes: where it can go, the best first.
        taken: what must stay free.
        before: number of the box that it was in.

    Returns:
        A number; where nothing is free, that of which the least is taken.
    """
    order = [before, *(i for i in range(len(boxes)) if i != before)]
    return min(order, key=lambda i: sum(_shared(boxes[i], each) for each in taken))


def _shared(one: Box, other: Box) -> int:
    """Pixels that two boxes share."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0, width) * max(0, height)
