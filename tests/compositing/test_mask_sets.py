"""Masks cut out of each other, their borders moved and softened; and the forehead."""

import numpy as np
import pytest

from understudy.compositing.mask import face_hull_mask
from understudy.compositing.mask_sets import ramp, without
from understudy.faces.mesh import CHIN, FOREHEAD, template

HALF = np.zeros((100, 100), np.float32)
HALF[40:] = 1


def test_what_is_taken_away_is_told_pixel_by_pixel() -> None:
    a, b = np.random.default_rng(0).random((2, 9, 9), dtype=np.float32)
    np.testing.assert_array_equal(without(a, b), np.where(a < 1 - b, a, 1 - b))


@pytest.mark.parametrize("share", [-0.1, -0.03, 0.05, 0.1])
def test_a_ramp_moves_a_border_and_rises_inward_from_there(share: float) -> None:
    column = ramp(HALF, share * 80 - 0.5, share * 80 + 0.5)[:60, 50]
    assert 60 - column.sum() == pytest.approx(40 + share * 80, abs=0.3)
    column = ramp(HALF, 0, 8)[:, 50]
    assert (column[:39] == 0).all()
    assert (column[49:80] == 1).all()
    assert (np.diff(column[:60]) >= 0).all()
    assert 0.2 < column[43] < 0.8


def test_a_forehead_reaches_up_by_its_share_and_leaves_the_chin() -> None:
    points = (template()[:, :2] * 90 + 74).astype(np.float32)
    plain, tall = face_hull_mask(points, 148), face_hull_mask(points, 148, forehead=0.2)
    height = points[CHIN, 1] - points[FOREHEAD, 1]
    tops = [np.flatnonzero(mask.max(axis=1) > 0.5)[0] for mask in (plain, tall)]
    assert tops[0] - tops[1] == pytest.approx(0.2 * height, abs=1.5)
    np.testing.assert_array_equal(plain[100:], tall[100:])
    assert (tall >= plain - 0.02).all()


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="forehead"):
        face_hull_mask(np.zeros((468, 2), np.float32), 96, forehead=-0.1)
