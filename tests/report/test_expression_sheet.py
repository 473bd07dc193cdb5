"""Curves are drawn where their values are."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.report.drawing import Stroke, Words, image_of, svg_of
from understudy.report.expression_sheet import Curve, expression_sheet


def test_a_curve_rises_where_its_values_do_and_stops_at_a_gap() -> None:
    times = np.arange(100) / 25
    values = np.linspace(0, 1, 100)
    values[40:50] = np.nan
    drawing = expression_sheet("a.mp4", times, [Curve(name="jawOpen", lines=[values], low=0, high=1)])
    lines = [shape for shape in drawing.shapes if isinstance(shape, Stroke) and shape.width == 1.5]
    assert len(lines) == 99 - 11
    starts = np.array([line.start for line in lines])
    assert (np.diff(starts[:, 0]) > 0).all()
    assert (np.diff(starts[:, 1]) < 0).all()  # y goes down
    # straight over time: what is left out leaves room
    (slope, _), *_ = np.polyfit(starts[:, 0], starts[:, 1], 1, full=True)
    expected = starts[0, 1] + slope * (starts[:, 0] - starts[0, 0])
    np.testing.assert_allclose(starts[:, 1], expected, atol=0.01)
    assert svg_of(drawing).startswith("<svg")
    assert image_of(drawing, 1).shape == (drawing.height, drawing.width, 3)


def test_two_sides_have_two_colours_and_names_are_said() -> None:
    times, flat = np.arange(5) / 25, np.full(5, 0.5)
    curves = [Curve(name="eyeBlinkLeft/Right", lines=[flat, flat], low=0, high=1)]
    drawing = expression_sheet("t", times, [*curves, Curve(name="yaw", lines=[flat * 20], low=-20, high=20)])
    colours = {shape.colour for shape in drawing.shapes if isinstance(shape, Stroke) and shape.width == 1.5}
    assert len(colours) == 2
    words = {shape.text for shape in drawing.shapes if isinstance(shape, Words)}
    assert {"eyeBlinkLeft/Right", "yaw", "seconds", "-20"} <= words


@pytest.mark.parametrize("count", [1, 2])
def test_a_single_picture_has_a_sheet(count: int) -> None:
    drawing = expression_sheet(
        "p.jpg", np.arange(count) / 25, [Curve(name="a", lines=[np.zeros(count)], low=0, high=1)]
    )
    assert image_of(drawing, 1).any()
