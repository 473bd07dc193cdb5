"""Where faces lie on a contact sheet, and that each is named."""

import numpy as np
import pytest

from understudy.report.contact_sheet import TILE_PX, SheetBlock, contact_sheet


def plain(grey: int, height_px: int = 40, width_px: int = 40) -> np.ndarray:
    return np.full((height_px, width_px, 3), grey, np.uint8)


def block(title: str = "frame 3: anna", **more: object) -> SheetBlock:
    after = {
        (row, column): plain(20 + 30 * i + j) for i, row in enumerate("pq") for j, column in enumerate("abc")
    }
    return SheetBlock(
        title=title, before=plain(10), whole=plain(15, 20, 80), whole_caption="all", after=after, **more
    )


def test_faces_lie_by_their_row_and_column_block_below_block() -> None:
    sheet = contact_sheet([block(), SheetBlock(title="nobody", before=plain(99))])
    step, line = TILE_PX + 8, TILE_PX + 28
    middle = TILE_PX // 2

    def grey_at(column: int, row: int, top: int = 34) -> int:
        return int(sheet[top + row * line + middle, 8 + column * step + middle, 0])

    assert sheet.shape == (34 + 2 * line + 34 + line, 8 + 4 * step, 3)
    assert [[grey_at(column, row) for column in (1, 2, 3)] for row in (0, 1)] == [[20, 21, 22], [50, 51, 52]]
    assert grey_at(0, 0) == 10
    whole = sheet[34 + line : 34 + 2 * line, 8 : 8 + TILE_PX, 0]
    assert (whole[: TILE_PX // 4] == 15).all()  # as wide as a tile, and a quarter as high
    assert (whole[TILE_PX // 4 + 22 :] == 255).all()
    assert grey_at(0, 0, top=34 + 2 * line + 34) == 99


def test_titles_and_captions_are_written() -> None:
    sheets = [
        contact_sheet([one])
        for one in (block(), block("frame 4: anna"), block(captions={"b": "b (auto)"}), block("Żółć"))
    ]
    title, caption = slice(0, 34), slice(34 + TILE_PX, 34 + TILE_PX + 20)
    assert sheets[0][title].min() < 100
    assert (sheets[0][title] != sheets[1][title]).any()
    assert (sheets[0][caption] == sheets[1][caption]).all()
    assert (sheets[0][caption] != sheets[2][caption]).any()


def test_an_empty_sheet_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([])
