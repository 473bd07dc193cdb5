import numpy as np

from understudy.report.people_sheet import FACES_A_ROW, SheetRow, people_sheet


def plain(grey: int, side_px: int) -> np.ndarray:
    return np.full((side_px, side_px, 3), grey, np.uint8)


def test_faces_lie_in_the_row_of_their_person_whatever_their_size() -> None:
    rows = [
        SheetRow(name="anna", note="12 faces", faces=[plain(10, 40), plain(20, 512)]),
        SheetRow(name="Żółć with a very long name", note="", faces=[plain(30 + i, 64) for i in range(12)]),
    ]
    sheet = people_sheet(rows)
    assert sheet.shape == (6 + 2 * 126, 230 + FACES_A_ROW * 126 + 6, 3)

    def grey_at(row: int, place: int) -> int:
        return int(sheet[66 + 126 * row, 290 + 126 * place, 0])

    assert [grey_at(0, place) for place in range(3)] == [10, 20, 250]
    assert [grey_at(1, place) for place in range(FACES_A_ROW)] == [30 + i for i in range(FACES_A_ROW)]


def test_names_are_written_beside_the_faces() -> None:
    anna, bert, nobody = (
        people_sheet([SheetRow(name=name, note="", faces=[plain(99, 64)])])[:, :230]
        for name in ("anna", "bert", "")
    )
    assert anna.min() < 100
    assert nobody.min() > 200
    assert (anna != bert).any()
