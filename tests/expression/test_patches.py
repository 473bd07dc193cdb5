"""Small parts of pictures, against areas and shifts worked out by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from understudy.expression.patches import Box, blended, outlined, warped


def test_a_soft_outline_has_the_area_of_what_it_surrounds() -> None:
    square = np.array([[3.0, 4.0], [11.0, 4.0], [11.0, 9.5], [3.0, 9.5]])
    for turn in (0.0, 0.3, 1.0):
        spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        points = (square - square.mean(axis=0)) @ spin.T + (12.3, 11.7)
        mask = outlined(points, (24, 24))
        assert mask.sum() == pytest.approx(8 * 5.5, rel=0.06)
        y, x = np.mgrid[:24, :24]
        middle = np.array([(mask * x).sum(), (mask * y).sum()]) / mask.sum()
        np.testing.assert_allclose(middle, points.mean(axis=0), atol=0.25)


def test_what_is_shut_has_no_area() -> None:
    x = np.linspace(3, 20, 9)
    lid = np.column_stack([x, 10 + 2 * np.sin(x)])
    assert outlined(np.concatenate([lid, lid[::-1]]), (24, 24)).max() == 0


def test_a_part_is_seen_where_the_matrix_takes_it() -> None:
    picture = cv2.GaussianBlur(np.random.default_rng(0).random((60, 60, 3)).astype(np.float32), (0, 0), 2)
    home, box = Box(left=10, top=12, width=40, height=36), Box(left=18, top=16, width=20, height=20)
    part = np.ascontiguousarray(picture[12:48, 10:50])
    matrix = np.array([[1.1, 0.1, -4.0], [-0.1, 1.1, 3.0]], np.float32)
    found = warped(part, home, matrix, box, np.array([2.0, 1.0]))
    whole = cv2.warpAffine(picture, matrix @ np.array([[1, 0, 2], [0, 1, 1], [0, 0, 1.0]]), (60, 60))
    np.testing.assert_allclose(found[4:16, 4:16], whole[20:32, 22:34], atol=0.02)


def test_a_box_ends_at_the_picture() -> None:
    picture = np.arange(5 * 6 * 3, dtype=np.uint8).reshape(5, 6, 3)
    box = Box.around(np.array([[-2.0, -1.0], [1.0, 2.0]]), 0)
    assert (box.cut(picture)[:2, :3] == picture[0, 0]).all()
    inner = box.within(picture)
    assert inner == Box(left=0, top=0, width=2, height=3)
    assert Box(left=9, top=0, width=2, height=2).within(picture) is None
    blended(picture, inner, np.full((3, 2, 3), 200.0, np.float32), np.ones((3, 2), np.float32))
    assert (picture[:3, :2] == 200).all()
    assert (picture[:, 2:] != 200).all()
