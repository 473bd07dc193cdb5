import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.report.plots import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Line, format_tick, line_chart, nice_ticks

BASE = HEIGHT - 40


def _svg(html):
    return ElementTree.fromstring(html.replace("data-seek ", 'data-seek="" ')).findall("svg")[0]


def _polylines(svg):
    return [
        [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]
        for line in svg.findall("polyline")
    ]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(3, 9))
def test_ticks_enclose_the_range_in_even_round_steps(low, span, count):
    ticks = nice_ticks(low, low + span, count)
    step = ticks[1] - ticks[0]
    assert ticks[0] <= low + 1e-6 * step
    assert ticks[-1] >= low + span - 1e-6 * step
    assert 2 <= len(ticks) <= 2 * count + 1
    mantissa = step / 10 ** math.floor(math.log10(step) + 1e-6)
    assert min(abs(mantissa - m) for m in (1, 2, 5, 10)) < 1e-2


def test_a_constant_has_ticks_around_it():
    ticks = nice_ticks(0.5, 0.5)
    assert ticks[0] < 0.5 < ticks[-1]


@pytest.mark.parametrize(
    ("value", "step", "text"), [(0.25, 0.05, "0.25"), (-0.0, 1.0, "0"), (200, 50, "200"), (0.6, 0.2, "0.6")]
)
def test_ticks_show_the_decimals_of_their_step(value, step, text):
    assert format_tick(value, step) == text


def test_points_land_where_the_axes_say():
    svg = _svg(line_chart("t", [Line(name="a", x=[0, 5, 10], y=[0.0, 1.0, 0.5], colour="c0")], "s", ""))
    (points,) = _polylines(svg)
    right = WIDTH - RIGHT
    assert points == [(LEFT, BASE), ((LEFT + right) / 2, TOP), (right, (BASE + TOP) / 2)]


def test_gaps_part_the_line_and_a_lone_point_is_a_dot():
    y = [1.0, 2.0, None, 3.0, math.nan, 2.0, 1.0, math.inf]
    svg = _svg(line_chart("t", [Line(name="a", x=range(8), y=y, colour="c0")], "s", ""))
    assert [len(points) for points in _polylines(svg)] == [2, 2]
    assert len(svg.findall("circle")) == 1


def test_nothing_finite_draws_nothing():
    assert line_chart("t", [Line(name="a", x=[0, 1], y=[None, math.nan], colour="c0")], "s", "") == ""


def test_only_a_chart_on_the_clock_has_a_playhead():
    line = Line(name="a", x=[0, 1], y=[0, 1], colour="c0")
    assert "playhead" in line_chart("t", [line], "s", "", seeks=True)
    assert not re.search("playhead|data-seek", line_chart("t", [line], "s", ""))


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="2 positions and 1 values"):
        Line(name="a", x=[0, 1], y=[0.0], colour="c0")
