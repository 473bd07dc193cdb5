"""A head's movement, against rotating points by hand."""

from __future__ import annotations

import numpy as np
import pytest

from expression.made_performances import poses_of, somebody
from understudy.expression.head_move import HeadMove, moved


def between(*angles: tuple[float, float, float]) -> HeadMove:
    before, after = (poses_of(np.array([a])) for a in angles)
    return HeadMove.between(before, after)


def test_a_plane_goes_where_its_points_go() -> None:
    before, after = (poses_of(np.array([a])) for a in ((4.0, -3.0, 2.0), (25.0, 8.0, -10.0)))
    after.centre_px[0, :2] += (30, -12)
    after.scale_px[0] *= 1.2
    move = HeadMove.between(before, after)
    points = somebody(3)
    photo, now = before.place(points[None])[0], after.place(points[None])[0]
    for number in (4, 33, 152, 234):
        found = moved(move.affine(float(photo[number, 2])), photo[[number]])
        np.testing.assert_allclose(found[0], now[number, :2], atol=1e-2)
        plane = moved(move.affine(0.0), photo[[number]]) + move.deeper(photo[[number], 2])
        np.testing.assert_allclose(plane[0], now[number, :2], atol=1e-2)


def test_an_outline_turns_and_shifts_but_keeps_its_width() -> None:
    move = between((0, 0, 0), (30, 0, 15))
    linear = move.outline(50.0)[:, :2].astype(float)
    np.testing.assert_allclose(linear @ linear.T, np.eye(2), atol=1e-5)
    assert np.degrees(np.arctan2(linear[1, 0], linear[0, 0])) == pytest.approx(15, abs=1.0)
    still = moved(HeadMove.none().outline(50.0), np.array([[3.0, 4.0]]))
    np.testing.assert_allclose(still, [[3, 4]], atol=1e-6)


@pytest.mark.parametrize("yaw", [5.0, 15.0, 25.0, 40.0])
def test_what_is_no_steeper_keeps_a_quarter_of_its_width(yaw: float) -> None:
    move = between((0, 0, 0), (yaw, 0, 0))
    for way in (-1, 1):
        slope = np.array([[0.0, 0, 0], [1, 0, way * min(move.steepest, 4)]])
        x = slope @ move.turn[0]
        assert x[1] - x[0] >= 0.25 - 1e-6
