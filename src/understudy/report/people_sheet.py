"""A picture that says who is who: a row a person, their name and some of their faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from understudy.core.types import Image

FACES_A_ROW = 8
_TILE_PX, _LABEL_PX, _MARGIN_PX = 120, 230, 6
_PAPER, _INK, _FAINT = (250, 250, 247), (30, 30, 30), (110, 110, 110)
_WIDEST_LETTERS = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One person.

    Args:
        name: who.
        note: a few words below the name.
        faces: upright crops, (s, s, 3) RGB uint8, each of any size.
    """

    name: str
    note: str
    faces: Sequence[Image]


def people_sheet(rows: Sequence[SheetRow]) -> Image:
    """Draw the sheet.

    Returns:
        (h, w, 3) RGB uint8.
    """
    width = _LABEL_PX + FACES_A_ROW * (_TILE_PX + _MARGIN_PX) + _MARGIN_PX
    step = _TILE_PX + _MARGIN_PX
    sheet = np.full((len(rows) * step + _MARGIN_PX, width, 3), _PAPER, np.uint8)
    for number, row in enumerate(rows):
        top = _MARGIN_PX + number * step
        _write(sheet, row.name, top + _TILE_PX // 2 - 4, 0.62, _INK)
        _write(sheet, row.note, top + _TILE_PX // 2 + 20, 0.48, _FAINT)
        for place, face in enumerate(row.faces[:FACES_A_ROW]):
            left = _LABEL_PX + place * step
            sheet[top : top + _TILE_PX, left : left + _TILE_PX] = _tile(face)
    return sheet


def _tile(face: Image) -> Image:
    """The middle of a crop: the face with little around it."""
    edge = len(face) // 8
    middle = face[edge : len(face) - edge, edge : len(face) - edge]
    return cast(Image, cv2.resize(middle, (_TILE_PX, _TILE_PX), interpolation=cv2.INTER_AREA))


def _write(sheet: Image, text: str, y_px: int, size: float, colour: tuple[int, int, int]) -> None:
    # the font has ASCII only
    plain = text.encode("ascii", "replace").decode()
    if len(plain) > _WIDEST_LETTERS:
        plain = plain[: _WIDEST_LETTERS - 3] + "..."
    cv2.putText(sheet, plain, (2 * _MARGIN_PX, y_px), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
