"""The map says and marks what is missing."""

import re
from html import unescape

from understudy.report.coverage_map import CoverageMap, NamedStrip, coverage_section

from .conftest import grid


def test_every_cell_is_drawn_and_the_lacking_one_is_marked():
    strips = [
        NamedStrip(name="mouth opening", unit="eyes", grid=grid(1, 4)),
        NamedStrip(name="gaze", unit="degrees", grid=grid(1, 2)),
    ]
    html = unescape(coverage_section(CoverageMap(pose=grid(3, 5), strips=strips)))
    maps = re.findall(r'<svg viewBox="[^"]+" width.*?</svg>', html)
    assert [svg.count("<rect") for svg in maps] == [15, 4, 2]
    assert [svg.count('class="cross"') for svg in maps] == [1, 1, 1]
    assert "yaw 40 to 50, pitch 20 to 30: source 0, target 1" in maps[0]
    # one of 15 views, one of 4 openings of the mouth, one of 2 gazes
    assert "7 % of the target's faces are turned" in html
    assert "mouth opening (25 %), gaze (50 %)" in html


def test_without_facesets_there_is_no_section():
    assert coverage_section(None) == ""
