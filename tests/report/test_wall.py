"""The page that compares outputs, as text and in a real browser."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pytest

from understudy.report.wall import WallCell, WallCurve, WallData, WallFigure, render_wall, write_wall

from .conftest import NASTY, clip

TIMES_S = [i / 10 for i in range(20)]
OUTPUTS = ("one", f"two {NASTY}", "a-third-output-with-a-long-name")
COLOURS = {"target": (20, 20, 200), "one": (20, 200, 20), OUTPUTS[1]: (200, 20, 20), OUTPUTS[2]: (90, 90, 20)}


@pytest.fixture
def wall() -> WallData:
    cells = {
        "one": WallCell(value="0.91", interval="0.88 to 0.93", is_winner=True),
        OUTPUTS[1]: WallCell(value=NASTY, interval=NASTY),
        OUTPUTS[2]: WallCell(value="0.10", interval="never shown", is_ranked=False),
    }
    figure = WallFigure(
        name=f"likeness {NASTY}",
        unit=NASTY,
        better="higher",
        explanation=NASTY,
        cells=cells,
        verdict=NASTY,
        shares={"one": 0.75, OUTPUTS[1]: 0.25, OUTPUTS[2]: None},
        stretches=[("one", 0.5, 1.5)],
    )
    views = ("face", "frame")
    return WallData(
        title=f"Compared {NASTY}",
        summary=NASTY,
        outputs=OUTPUTS,
        # the first output is shorter than the target
        clips=[
            clip(name, rgb, 12 if name == "one" else 20, view=view)
            for view in views
            for name, rgb in COLOURS.items()
        ],
        figures=[figure],
        times_s=TIMES_S,
        curves=[
            WallCurve(name="mouth", unit="", values={"target": TIMES_S, **dict.fromkeys(OUTPUTS, TIMES_S)})
        ],
        warnings=[NASTY],
    )


def test_names_are_shown_and_never_run(wall: WallData) -> None:
    html = render_wall(wall)
    assert NASTY not in html
    assert "never shown" not in html
    assert "not swapped" in html
    assert html.count("★") == 2  # in the legend and in one cell


def test_it_plays_in_step_with_the_target_and_a_band_seeks(open_page, tmp_path, wall: WallData) -> None:
    path = tmp_path / "wall.html"
    write_wall(path, wall)
    opened = open_page(path, reduced_motion="reduce")
    page = opened.page
    assert page.locator(".panel:visible").count() == 4
    assert page.get_attribute(".scrub", "max") == "19"  # the target's frames, though an output has fewer
    band = page.locator(".band svg")
    band.scroll_into_view_if_needed()
    box = band.bounding_box()
    for part, frame in ((0.8, 15), (0.0, 0)):
        band.click(position={"x": max(1, box["width"] * (part + 0.02)), "y": box["height"] / 2})
        page.wait_for_timeout(150)
        assert int(page.input_value(".scrub")) == frame
    page.locator(".scrub").fill("7")
    page.wait_for_timeout(150)
    for name in ("target", "one", OUTPUTS[2]):
        seen = page.evaluate(
            """(name) => {
              const canvas = [...document.querySelectorAll('.panel')].find((p) => p.dataset.clip === name)
                .querySelector('canvas');
              return Array.from(canvas.getContext('2d').getImageData(48, 48, 1, 1).data).slice(0, 3);
            }""",
            name,
        )
        expected = [level + 7 for level in COLOURS[name]]
        assert max(abs(a - b) for a, b in zip(seen, expected, strict=True)) <= 3, (name, seen)
    page.click("[data-view=frame]")
    page.wait_for_timeout(150)
    assert page.locator(".panel:visible").count() == 4
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith("data:")] == [path.as_uri()]


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_nothing_sticks_out_and_outputs_have_their_own_colours(
    open_page, tmp_path, wall: WallData, width: int, scheme: str
) -> None:
    path = tmp_path / "wall.html"
    write_wall(path, wall)
    page = open_page(path, width=width, color_scheme=scheme, reduced_motion="reduce").page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    colours = page.evaluate(
        "[...document.querySelectorAll('.panel figcaption')]"
        ".map((e) => getComputedStyle(e, '::before').backgroundColor)"
    )
    assert len(set(colours)) == 4


def test_a_long_series_is_drawn_as_densely_as_a_chart_can_show(wall: WallData) -> None:
    def curves_of(frames: int) -> str:
        wave = [math.nan if 500 < i % 2000 < 700 else math.sin(i / 40) for i in range(frames)]
        curve = WallCurve(name="mouth", unit="", values=dict.fromkeys(("target", *OUTPUTS), wave))
        times_s = [i / 25 for i in range(frames)]
        html = render_wall(replace(wall, times_s=times_s, curves=[curve]))
        return "".join(re.findall(r"<polyline[^>]*>", html))

    short, long = curves_of(800), curves_of(20_000)
    assert len(long) < 1.5 * len(short)
    assert long.count("<polyline") == 11 * 4  # ten gaps a line stay gaps
    assert "nan" not in long


def test_clear_leads_stay_on_a_wall_that_is_cut(wall: WallData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "understudy.report.wall.MAX_CLIP_BYTES", sum(c.picture_bytes for c in wall.clips) // 2
    )
    html = render_wall(replace(wall, spared=[(1.75, 1.85)]))
    assert "and the moments of clear leads" in html
    clips = json.loads(re.findall(r'id="report-data"[^>]*>(.*?)</script>', html, re.DOTALL)[0])["clips"]
    assert all(1.8 in one["times"] for one in clips if one["name"] != "one")
