"""The page in a real browser; skipped, with the reason, where there is none."""

from dataclasses import replace

import pytest

from understudy.report.page import ReportData, write_report

from .conftest import clip

PIXEL = """([selector, x, y]) => {
  const canvas = document.querySelector(selector);
  const spot = canvas.getContext('2d').getImageData(x * canvas.width, y * canvas.height, 1, 1);
  return Array.from(spot.data).slice(0, 3);
}"""


@pytest.fixture
def report(tmp_path, full):
    path = tmp_path / "report.html"
    write_report(path, full)
    return path


def _frame(page):
    return int(page.input_value(".scrub"))


def _wait_until(page, condition):
    # not wait_for_function: it needs eval, which the page forbids
    for _ in range(400):
        if condition():
            return
        page.wait_for_timeout(50)
    pytest.fail(f"frame {_frame(page)} after 20 s")


def _settle(page):
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def _pixel(page, selector, x=0.5, y=0.5):
    _settle(page)
    return page.evaluate(PIXEL, [selector, x, y])


def _paused_at(page, frame):
    page.locator(".scrub").fill(str(frame))
    _settle(page)


@pytest.mark.parametrize("width", [390, 1280])
def test_no_complaint_no_request_and_names_stay_text(open_page, report, width):
    opened = open_page(report, width=width)
    opened.page.wait_for_timeout(400)
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith("data:")] == [report.as_uri()]
    assert opened.page.title().startswith("A trial </script>")


def test_it_plays_pauses_and_goes_round(open_page, report):
    page = open_page(report).page
    _wait_until(page, lambda: _frame(page) >= 4)
    page.click(".play")
    _settle(page)
    stopped = _frame(page)
    page.wait_for_timeout(300)
    assert _frame(page) == stopped
    page.select_option(".speed select", "2")
    _paused_at(page, 18)
    page.click(".play")
    _wait_until(page, lambda: _frame(page) < 10)


def test_reduced_motion_starts_still(open_page, report):
    page = open_page(report, reduced_motion="reduce").page
    page.wait_for_timeout(400)
    assert _frame(page) == 0


def test_the_frame_that_is_asked_for_is_drawn_in_step(open_page, report):
    page = open_page(report).page
    for frame in (0, 5, 15):
        _paused_at(page, frame)
        # every clip gets brighter by one level a frame; the source has 7 frames and repeats
        for name, base, count in (
            ("target", (20, 20, 200), 20),
            ("output", (20, 200, 20), 20),
            ("source", (200, 20, 20), 7),
        ):
            seen = _pixel(page, f"[data-clip={name}] canvas")
            expected = [level + frame % count for level in base]
            assert max(abs(a - b) for a, b in zip(seen, expected, strict=True)) <= 2, (name, frame, seen)


def test_the_frame_buttons_step_by_one(open_page, report):
    page = open_page(report).page
    _paused_at(page, 7)
    page.click(".forth")
    _settle(page)
    assert _frame(page) == 8
    page.click(".back")
    page.click(".back")
    _settle(page)
    assert _frame(page) == 6


def test_the_wipe_follows_pointer_and_keys(open_page, report):
    page = open_page(report).page
    _paused_at(page, 0)
    is_blue = lambda rgb: rgb[2] > rgb[1]  # noqa: E731  the target is blue, the output green
    assert is_blue(_pixel(page, ".wipe canvas", 0.3))
    assert not is_blue(_pixel(page, ".wipe canvas", 0.7))
    page.locator(".wipe").scroll_into_view_if_needed()
    box = page.locator(".wipe canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 40)
    page.mouse.up()
    assert is_blue(_pixel(page, ".wipe canvas", 0.7))
    assert not is_blue(_pixel(page, ".wipe canvas", 0.9))
    page.focus(".wipe input")
    page.keyboard.press("Home")
    assert not is_blue(_pixel(page, ".wipe canvas", 0.1))


def test_a_click_on_a_curve_seeks(open_page, report):
    page = open_page(report).page
    _paused_at(page, 0)
    chart = page.locator("svg[data-seek]").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    # the axis runs from 0 s at x = 46 to 1.9 s at x = 470 of 480
    chart.click(position={"x": box["width"] * (46 + 424 * 1.03 / 1.9) / 480, "y": box["height"] * 0.4})
    _settle(page)
    assert _frame(page) == 10
    assert float(chart.locator(".playhead").get_attribute("x1")) == pytest.approx(
        46 + 424 * 1.03 / 1.9, abs=2
    )


def test_the_view_switches(open_page, report):
    page = open_page(report).page
    _paused_at(page, 0)
    page.click("[data-view] >> nth=1")
    red, green, blue = _pixel(page, "[data-clip=output] canvas")
    assert red > 80 > green
    assert blue > 80


def _is_in_sight(page, selector):
    box = page.locator(selector).bounding_box()
    return box["y"] + box["height"] > 0 and box["y"] < page.viewport_size["height"]


@pytest.mark.parametrize("width", [390, 1280])
def test_a_click_on_a_worst_frame_goes_there(open_page, report, width):
    page = open_page(report, width=width).page
    page.locator(".moment").nth(1).click()
    _wait_until(page, lambda: _is_in_sight(page, ".wipe"))
    assert _frame(page) == 4
    page.locator(".moment").first.focus()
    page.keyboard.press("Enter")
    _settle(page)
    assert _frame(page) == 13


def test_the_dock_shows_the_frame_while_the_stage_is_away(open_page, report):
    page = open_page(report).page
    _paused_at(page, 5)
    assert not page.locator(".dock").is_visible()
    page.locator("svg[data-seek]").first.scroll_into_view_if_needed()
    page.mouse.wheel(0, 400)
    page.wait_for_selector(".dock", state="visible")
    seen = _pixel(page, ".dock canvas")
    assert max(abs(a - b) for a, b in zip(seen, (25, 25, 205), strict=True)) <= 3


def test_playing_skips_what_a_long_clip_leaves_out(open_page, tmp_path):
    clips = []
    for name in ("target", "output"):
        whole = clip(name, (20, 20, 200), 100)
        kept = [*range(5), *range(80, 100)]
        clips.append(
            replace(whole, frames=[whole.frames[i] for i in kept], times_s=[whole.times_s[i] for i in kept])
        )
    path = tmp_path / "report.html"
    write_report(path, ReportData(title="t", clips=clips))
    page = open_page(path, reduced_motion="reduce").page
    page.click(".play")
    seen = []

    def is_past_the_gap():
        seen.append(float(page.inner_text(".time").split()[0]))
        return _frame(page) >= 6

    _wait_until(page, is_past_the_gap)
    assert not [time_s for time_s in seen if 0.6 < time_s < 7.9]


CONTRAST = """() => {
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const rgba = numbers(getComputedStyle(e).backgroundColor);
      if (rgba.length < 4 || rgba[3] > 0) return rgba;
    }
  };
  const low = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const skipped = e.closest("script, style, .wipe, noscript, title, option");
    if (!own || skipped || !e.getClientRects().length) continue;
    const style = getComputedStyle(e), ink = e instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [light(numbers(ink)), light(ground(e))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) low.push([e.tagName, e.textContent.slice(0, 30), contrast]);
  }
  return low;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_stands_out_from_its_ground(open_page, report, scheme):
    page = open_page(report, color_scheme=scheme, reduced_motion="reduce").page
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_sticks_out(open_page, report, width):
    page = open_page(report, width=width).page
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    overlaps = page.evaluate("""() => {
      const boxes = [...document.querySelectorAll('.transport > *')].map((e) => e.getBoundingClientRect());
      return boxes.some((a, i) => boxes.some((b, j) => i < j && a.left < b.right - 1 && b.left < a.right - 1
        && a.top < b.bottom - 1 && b.top < a.bottom - 1));
    }""")
    assert not overlaps


def test_light_and_dark_follow_the_reader(open_page, report):
    def ground(scheme):
        page = open_page(report, color_scheme=scheme).page
        rgb = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in rgb.removeprefix("rgb(").rstrip(")").split(","))

    assert ground("light") > 3 * 200
    assert ground("dark") < 3 * 60


def test_a_lone_clip_of_one_frame_opens(open_page, tmp_path):
    path = tmp_path / "report.html"
    write_report(path, ReportData(title="t", clips=[clip("output", (20, 200, 20), 1)]))
    opened = open_page(path)
    assert _pixel(opened.page, ".panel canvas")[1] > 150
    assert opened.complaints == []


def test_a_clip_that_a_view_lacks_is_left_out_there(open_page, tmp_path):
    clips = [clip(name, (20, 20, 200)) for name in ("target", "output", "truth")]
    clips += [clip("target", (90, 90, 9), view="whole"), clip("output", (9, 90, 90), view="whole")]
    path = tmp_path / "report.html"
    write_report(path, ReportData(title="t", clips=clips))
    opened = open_page(path)
    opened.page.click("[data-pair='1']")
    _settle(opened.page)
    assert opened.page.inner_text(".tag.right") == "truth"
    opened.page.click("[data-view=whole]")
    _settle(opened.page)
    assert opened.page.inner_text(".tag.right") == "output"
    assert opened.page.locator(".panel:visible").count() == 2
    assert opened.page.locator("[data-pair]:visible").count() == 1
    assert opened.complaints == []
