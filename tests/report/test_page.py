"""The page as text: what it says, what it escapes, how large it gets."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from understudy.core.errors import UnderstudyError
from understudy.report.clips import Clip, encode_clip
from understudy.report.figures import Figure, format_value
from understudy.report.page import ReportData, render, write_report

from .conftest import NASTY, clip, plain_frames


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))


def _tags(html):
    parser = _Tags()
    parser.feed(html)
    return parser.tags


def test_names_are_shown_and_never_run(full):
    html = render(full)
    assert NASTY not in html
    tags = _tags(html)
    assert len([tag for tag, _ in tags if tag == "script"]) == 2
    assert not [attrs for _, attrs in tags if any(name.startswith("on") for name in attrs)]


def test_nothing_outside_the_file_is_named(full):
    for _, attrs in _tags(render(full)):
        for name in ("src", "href", "srcset", "action"):
            assert (attrs.get(name) or "data:").startswith("data:")


def test_the_page_says_what_the_output_is():
    output = replace(clip("output", (9, 9, 9), 2), remark="synthetic")
    html = render(ReportData(title="t", clips=[output]))
    assert '<span class="badge">Synthetic</span>' in html
    assert "<figcaption>output <small>synthetic</small></figcaption>" in html
    untouched = replace(output, remark="not swapped")
    html = render(ReportData(title="t", clips=[untouched], notice=""))
    assert "<figcaption>output <small>not swapped</small></figcaption>" in html
    assert '<span class="badge">' not in html
    assert "synthetic" not in html


def test_only_what_is_there_gets_a_section():
    html = render(ReportData(title="only this"))
    assert "only this" in html
    assert not re.search("<canvas|<h2|<details|class=.warnings", html)


def test_a_missed_mark_is_said_in_words():
    html = render(ReportData(title="t", figures=[Figure(name="r", value=0.2, is_good=False)]))
    assert "missed" in html


def test_long_clips_are_cut_and_the_page_says_so_and_stays_small():
    noise = np.random.default_rng(0).integers(0, 255, (320, 320, 3), np.uint8)
    base = encode_clip("target", [(0.0, noise)], 320)
    frames = [base.frames[0]] * 200
    clips = [
        Clip(name=name, frames=frames, times_s=[i / 25 for i in range(200)], width_px=320, height_px=320)
        for name in ("target", "output")
    ]
    previews = [("noise", np.random.default_rng(1).integers(0, 255, (1200, 1200, 3), np.uint8))] * 3
    html = render(ReportData(title="t", clips=clips, previews=previews))
    assert 4_000_000 < len(html) < 8_000_000
    assert "The player holds the first" in html


def test_two_clips_of_one_name_in_one_view_are_refused():
    with pytest.raises(ValueError, match="share a name"):
        render(ReportData(title="t", clips=[clip("output", (1, 1, 1), 1), clip("output", (2, 2, 2), 1)]))


def test_an_output_that_starts_late_starts_late_on_the_page():
    late = encode_clip("output", plain_frames((9, 9, 9), 3, start_s=2.5), 64)
    target = encode_clip("target", plain_frames((9, 9, 9), 3, start_s=2.0), 64)
    source = encode_clip("source", plain_frames((9, 9, 9), 3, start_s=7.0), 64, in_step=False)
    html = render(ReportData(title="t", clips=[source, target, late]))
    assert re.findall(r'"times":\[([^]]*)\]', html) == ["0.0,0.1,0.2", "0.0,0.1,0.2", "0.5,0.6,0.7"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0, "0"),
        (0.8312, "0.831"),
        (12.345, "12.3"),
        (100.0, "100"),
        (12345.6, "12,346"),
        (0.00012, "0.00012"),
        (float("nan"), "not measured"),
        (None, "not measured"),
        ("as it is", "as it is"),
    ],
)
def test_numbers_read_well(value, text):
    assert format_value(value) == text


def test_a_report_is_whole_or_not_there(tmp_path, full):
    path = tmp_path / "folder" / "report.html"
    write_report(path, full)
    before = path.read_text("utf-8")
    assert before == render(full)
    with pytest.raises(ValueError, match="share a name"):
        write_report(path, replace(full, clips=[*full.clips, full.clips[0]]))
    assert path.read_text("utf-8") == before
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnderstudyError, match=re.escape("file")):
        write_report(tmp_path / "file" / "report.html", ReportData(title="t"))
