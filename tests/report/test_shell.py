"""The frame of a page: it stands alone, and what it is given stays data."""

import re

from understudy.report.shell import render_shell

from .conftest import NASTY


def test_text_and_data_stay_text_and_data(tmp_path, open_page):
    path = tmp_path / "page.html"
    html = render_shell(
        f"A trial {NASTY}", '<p id="x">body</p>', {"words": NASTY}, summary=NASTY, notice=NASTY, footer=NASTY
    )
    assert NASTY not in html
    path.write_text(html, "utf-8")
    opened = open_page(path, ready="#x")
    assert opened.page.title() == f"A trial {NASTY}"
    assert opened.page.locator("footer").inner_text().startswith(NASTY)
    read = opened.page.evaluate("JSON.parse(document.getElementById('report-data').textContent).words")
    assert read == NASTY
    assert opened.complaints == []


def test_the_policy_lets_the_pages_own_styles_and_scripts_in(tmp_path, open_page):
    path = tmp_path / "page.html"
    html = render_shell(
        "t", '<div class="chart">x</div>', {"clips": []}, styles=["charts.css"], scripts=["player.js"]
    )
    assert len(re.findall("'sha256-", html)) == 2
    path.write_text(html, "utf-8")
    opened = open_page(path, ready=".chart")
    assert opened.complaints == []
    assert opened.page.evaluate("getComputedStyle(document.querySelector('.chart')).borderRadius") == "12px"


def test_a_page_without_data_has_no_script():
    assert "<script" not in render_shell("t", "")
