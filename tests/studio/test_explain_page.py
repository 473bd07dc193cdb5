"""How a swap is done, in a real browser, on a swap that was trained for a few steps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe

from understudy.studio.context import StudioContext

from .conftest import Studio, serving

MEAN = """([id]) => {
  const image = document.getElementById(id);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 32;
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0, 32, 32);
  return Array.from(context.getImageData(0, 0, 32, 32).data);
}"""


@pytest.fixture(scope="module")
def shared(swap_folder) -> Iterator[Studio]:
    """One studio for the file: a model is opened once."""
    yield from serving(StudioContext(production=swap_folder))


@pytest.fixture
def studio(shared: Studio) -> Studio:
    return shared


def opened(page, studio, path="/explain"):
    page.goto(studio.base + path)
    page.wait_for_selector("body.shown", timeout=60_000)
    return page


def pixels(page, name):
    return page.evaluate(MEAN, [name])


def difference(one, other):
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


def wait_drawn(page, count):
    page.wait_for_selector(f"body[data-drawn='{count}']")


def test_every_step_has_its_picture_and_the_page_is_sound(page, studio):
    opened(page, studio)
    steps = page.locator("section.step")
    assert steps.count() == 8
    assert page.locator("nav.steps a").count() == 8
    for number in range(8):
        assert steps.nth(number).locator("img, svg image, svg rect").count() > 0
    loaded = "images => images.every(image => image.complete && image.naturalWidth > 0)"
    assert page.locator("section.step img").evaluate_all(loaded)
    assert page.locator("#step-3 circle").count() == 468
    assert "trained for 6 steps" in page.inner_text("#about")
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_a_slider_moves_both_faces_and_reset_brings_them_back(page, studio):
    opened(page, studio)
    before = {name: pixels(page, name) for name in ("own", "other")}
    page.locator("#direction-0").fill("3")
    wait_drawn(page, 1)
    for name in ("own", "other"):
        assert difference(before[name], pixels(page, name)) > 0.5, name
    page.get_by_role("button", name="As it is in the frame").click()
    wait_drawn(page, 2)
    for name in ("own", "other"):
        assert difference(before[name], pixels(page, name)) < 0.2, name


def test_another_moment_and_another_bend_show_other_pictures(page, studio):
    opened(page, studio)
    read = page.locator("#step-5 img").first
    first = read.get_attribute("src")
    page.click("#bend")
    page.locator(f'#step-5 img:not([src="{first}"])').first.wait_for()
    frame = page.locator("#step-1 image").get_attribute("href")
    page.locator("#face").fill("0" if page.input_value("#face") != "0" else "5")
    page.locator("#face").dispatch_event("change")
    page.locator(f'#step-1 image:not([href="{frame}"])').wait_for()


def test_the_blend_fades_and_mathematics_can_be_shown(page, studio):
    opened(page, studio)
    page.locator("#blend").fill("0")
    assert page.locator("#blended").evaluate("image => getComputedStyle(image).opacity") == "0"
    assert not page.locator("#step-6 .formula").is_visible()
    page.click("#mathematics")
    assert page.locator("#step-6 .formula").is_visible()
    assert "eigenvectors" in page.inner_text("#step-6 .math")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(page, studio, width):
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, studio)
    page.click("#mathematics")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_asked_is_checked(studio):
    with studio.client() as client:
        assert client.post("/api/explain/open", json={"swap": "../.."}).status_code == 404
        client.post("/api/explain/open", json={})
        told = client.post("/api/explain/draw", json={"face": 10**6, "offsets": []})
        assert told.status_code == 400
        assert client.post("/api/explain/draw", json={"face": 0, "offsets": [1e9]}).status_code == 422
