"""The coverage as a picture: what is drawn, in both formats, and where."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from understudy.report.coverage_map import CoverageMap, NamedStrip
from understudy.report.coverage_picture import SOURCE, TARGET, coverage_picture
from understudy.report.drawing import Box, Drawing, Stroke, Words, image_of, svg_of

from .conftest import NASTY, grid

RED = (179, 64, 46)


def made(rows: int, columns: int) -> Drawing:
    strips = [NamedStrip(name=f"strip {n}", unit="px", grid=grid(1, n)) for n in (1, 30)]
    return coverage_picture(CoverageMap(pose=grid(rows, columns), strips=strips))


def test_both_maps_are_drawn_and_each_gap_is_marked_in_both() -> None:
    drawing = made(3, 4)
    numbers = [shape.text for shape in drawing.shapes if isinstance(shape, Words)]
    assert numbers.count("3") == 11  # the source's cells but for the one that it lacks
    assert numbers.count("1") == 12
    fills = [shape.fill for shape in drawing.shapes if isinstance(shape, Box)]
    assert fills.count(SOURCE) == 11 + 0 + 29
    assert fills.count(TARGET) == 12 + 1 + 30
    strokes = [shape for shape in drawing.shapes if isinstance(shape, Stroke)]
    # the key, a cell of each map, a cell of each strip: a frame and a cross each
    assert len(strokes) == 5 * 6
    assert {stroke.colour for stroke in strokes} == {RED}


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 4), (18, 18)])
def test_nothing_lies_outside(rows: int, columns: int) -> None:
    drawing = made(rows, columns)
    for shape in drawing.shapes:
        if isinstance(shape, Box):
            assert shape.x >= 0
            assert shape.x + shape.width <= drawing.width
            assert shape.y + shape.height <= drawing.height
    blank = np.array([255, 255, 255])
    image = image_of(drawing)
    assert image.shape == (2 * drawing.height, 2 * drawing.width, 3)
    # no letter and no cell touches the border
    for border in (image[:4], image[-4:], image[:, :4], image[:, -4:]):
        assert (border == blank).all()


def test_both_formats_show_the_same_shapes() -> None:
    drawing = Drawing(
        width=60,
        height=40,
        shapes=[
            Box(x=10, y=10, width=20, height=10, fill=(200, 20, 20), edge=(20, 200, 20)),
            Stroke(start=(40, 5), end=(40, 35), colour=(20, 20, 200), width=4),
            Words(x=55, y=38, text=NASTY, size_px=8, colour=(0, 0, 0), anchor="end"),
        ],
    )
    image = image_of(drawing, scale=2)
    assert image[30, 40].tolist() == [200, 20, 20]
    assert image[20, 40].tolist() == [20, 200, 20]
    assert image[40, 80].tolist() == [20, 20, 200]
    root = ET.fromstring(svg_of(drawing))
    assert [element.tag.rpartition("}")[2] for element in root] == ["rect", "rect", "line", "text"]
    assert root[1].attrib["fill"] == "#c81414"
    assert root[3].text == NASTY
