"""Where pixels come from, against barycentric coordinates one pixel at a time."""

from __future__ import annotations

import numpy as np

from understudy.expression.raster import Sheet, raster


def by_hand(
    before: np.ndarray, after: np.ndarray, face: np.ndarray, pixel: tuple[float, float]
) -> np.ndarray | None:
    a, b, c = after[face]
    share = np.linalg.solve(np.array([[*a, 1], [*b, 1], [*c, 1]]).T, np.array([*pixel, 1.0]))
    return share @ before[face] if share.min() > 0.1 else None


def test_each_pixel_comes_from_its_share_of_a_triangle() -> None:
    rng = np.random.default_rng(0)
    before = np.array([[10.0, 10], [60, 12], [55, 58], [8, 50]])
    after = before + rng.uniform(-6, 6, (4, 2))
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    sheet = Sheet(left=4, top=6, width=30, height=28, step=2)
    place, number = raster(before, after, faces, sheet)
    checked = 0
    for row in range(sheet.height):
        for column in range(sheet.width):
            pixel = (sheet.left + 2 * column, sheet.top + 2 * row)
            for at, face in enumerate(faces):
                expected = by_hand(before, after, face, pixel)
                if expected is not None:
                    assert number[row, column] == at + 1
                    np.testing.assert_allclose(place[row, column], expected, atol=1e-3)
                    checked += 1
            if number[row, column] == 0:
                np.testing.assert_allclose(place[row, column], pixel)
    assert checked > 120


def test_slivers_do_not_fray_their_neighbours() -> None:
    """A triangle squeezed flat leaves no trace beyond a pixel of the place where it lies."""
    before = np.array([[0.0, 0], [40, 0], [40, 40], [0, 40], [20, 20]])
    after = before.copy()
    after[4] = (20, 0.01)  # the first of four triangles is nearly flat
    faces = np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]])
    place, number = raster(before, after, faces, Sheet(left=0, top=0, width=41, height=41))
    assert (number[1:] != 1).all()
    assert (place >= -0.5).all()
    assert (place <= 40.5).all()


def test_a_sheet_lies_in_the_picture() -> None:
    sheet = Sheet.around(np.array([[-5.0, 10], [12, 30]]), 20, 25)
    assert sheet is not None
    assert (sheet.left, sheet.top, sheet.left + sheet.width, sheet.top + sheet.height) == (0, 8, 15, 25)
    assert Sheet.around(np.array([[-50.0, 1], [-40, 3]]), 20, 25) is None
