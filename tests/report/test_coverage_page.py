"""The page of a coverage, as text and in a browser."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from understudy.report.clips import encode_picture
from understudy.report.coverage_map import CoverageMap, NamedStrip
from understudy.report.coverage_page import CoveragePage, GapShown, render_coverage

from .conftest import NASTY, grid
from .test_browser import CONTRAST

PICTURE = encode_picture(np.full((64, 64, 3), 90, np.uint8))
FOUND = CoverageMap(
    pose=grid(4, 12), strips=[NamedStrip(name=NASTY, unit=NASTY, grid=grid(1, n)) for n in (9, 7, 20)]
)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    gaps = [GapShown(sentence=NASTY, concerns=NASTY, examples=[(NASTY, PICTURE)] * n) for n in (3, 1)]
    path = tmp_path / "coverage.html"
    made = CoveragePage(title=f"A map {NASTY}", summary=NASTY, gaps=gaps, found=FOUND, warnings=[NASTY])
    path.write_text(render_coverage(made), "utf-8")
    return path


def test_every_gap_has_its_examples_and_names_are_text(page: Path) -> None:
    html = page.read_text("utf-8")
    assert NASTY not in html
    gaps = re.findall(r'<ul class="examples">(.*?)</ul>', html)
    assert [gap.count("<img") for gap in gaps] == [3, 1]
    assert html.index('class="gaps"') < html.index('class="maps"')


def test_a_page_without_gaps_says_so() -> None:
    html = render_coverage(CoveragePage(title="t", summary="s", gaps=[], found=FOUND))
    assert "Nothing: the source shows it all." in html
    assert "<ol" not in html


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_nothing_sticks_out_and_nothing_is_asked_for(open_page, page: Path, width: int) -> None:
    opened = open_page(page, width=width, ready="main")
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith("data:")] == [page.as_uri()]
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.page.title().startswith("A map </script>")
    assert opened.page.evaluate("[...document.images].every((image) => image.naturalWidth === 64)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_stands_out_from_its_ground(open_page, page: Path, scheme: str) -> None:
    assert open_page(page, ready="main", color_scheme=scheme).page.evaluate(CONTRAST) == []
