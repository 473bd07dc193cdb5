"""The map says and marks what is missing."""

import re
from html import unescape

from understudy.report.coverage_map import CoverageMap, coverage_section

from .conftest import grid


def test_every_cell_is_drawn_and_the_lacking_one_is_marked():
    html = unescape(coverage_section(CoverageMap(pose=grid(3, 5), mouth=grid(1, 4), eyes=grid(1, 2))))
    maps = re.findall(r'<svg viewBox="[^"]+" width.*?</svg>', html)
    assert [svg.count("<rect") for svg in maps] == [15, 4, 2]
    assert [svg.count('class="cross"') for svg in maps] == [1, 1, 1]
    assert "yaw 40 to 50, pitch 20 to 30: source 0, target 1" in maps[0]
    # one of 15 views, one of 4 openings of the mouth, one of 2 of the eyes
    assert "7 % of the target's faces are turned" in html
    assert "25 % have the mouth and 50 % the eyes" in html


def test_without_facesets_there_is_no_section():
    assert coverage_section(None) == ""
