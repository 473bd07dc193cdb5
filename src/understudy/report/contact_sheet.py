"""A picture that sets ways to make one face side by side: a block a face, a row and a column a choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from understudy.core.types import Image
from understudy.report.drawing import Drawing, Words, image_of

TILE_PX = 232
_MARGIN_PX, _CAPTION_PX, _TITLE_PX = 8, 20, 34
_INK, _FAINT = (30, 30, 30), (110, 110, 110)
_PLACE = tuple[int, int]  # column and row


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetBlock:
    """One face in all ways.

    Args:
        title: what frame it is of, and whose face.
        before: (h, w, 3) RGB uint8, the face as it was.
        whole: (h, w, 3) RGB uint8, the frame that it is in; may be left out.
        whole_caption: what is said below that.
        after: the face, (s, s, 3) RGB uint8 each, by the names of its row and its column.
        captions: column to what is said of it, where that is more than its name.
    """

    title: str
    before: Image
    whole: Image | None = None
    whole_caption: str = ""
    after: Mapping[tuple[str, str], Image] = field(default_factory=dict[tuple[str, str], Image])
    captions: Mapping[str, str] = field(default_factory=dict[str, str])


def contact_sheet(blocks: Sequence[SheetBlock]) -> Image:
    """Draw the sheet: the faces as they were on the left, with the frame below, and every way beside them.

    Returns:
        (h, w, 3) RGB uint8.

    Raises:
        ValueError: no block.
    """
    if not blocks:
        raise ValueError("need at least one face")
    words: list[Words] = []
    tiles: list[tuple[int, int, Image]] = []
    top, right = 0, 0
    for block in blocks:
        words.append(
            Words(x=_MARGIN_PX, y=top + _TITLE_PX - 10, text=_plain(block.title), size_px=20, colour=_INK)
        )
        top += _TITLE_PX
        cells = _cells(block)
        for (column, row), (caption, picture) in cells.items():
            x = _MARGIN_PX + column * (TILE_PX + _MARGIN_PX)
            y = top + row * (TILE_PX + _CAPTION_PX + _MARGIN_PX)
            tile = _fitted(picture)
            tiles.append((x, y, tile))
            words.append(
                Words(x=x, y=y + tile.shape[0] + 15, text=_plain(caption), size_px=14, colour=_FAINT)
            )
        columns, rows = (max(place[axis] for place in cells) + 1 for axis in (0, 1))
        right = max(right, _MARGIN_PX + columns * (TILE_PX + _MARGIN_PX))
        top += rows * (TILE_PX + _CAPTION_PX + _MARGIN_PX)
    sheet = image_of(Drawing(width=right, height=top, shapes=words), scale=1)
    for x, y, tile in tiles:
        sheet[y : y + tile.shape[0], x : x + tile.shape[1]] = tile
    return sheet


def _cells(block: SheetBlock) -> dict[_PLACE, tuple[str, Image]]:
    """What lies where in a block."""
    rows = list(dict.fromkeys(row for row, _ in block.after))
    columns = list(dict.fromkeys(column for _, column in block.after))
    cells = {(0, 0): ("target", block.before)}
    if block.whole is not None:
        cells[0, 1] = (block.whole_caption, block.whole)
    for (row, column), picture in block.after.items():
        caption = f"{block.captions.get(column, column)}, {row}"
        cells[1 + columns.index(column), rows.index(row)] = (caption, picture)
    return cells


def _fitted(picture: Image) -> Image:
    """As large as a tile lets it be."""
    height, width = picture.shape[:2]
    scale = TILE_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)


def _plain(text: str) -> str:
    return text.encode("ascii", "replace").decode()  # the font has ASCII only
