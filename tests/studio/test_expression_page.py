"""A photo that is given an expression, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from actors import clip
from understudy.api.provenance import verify
from understudy.expression.file import read_expression
from understudy.media.images import write_image
from understudy.media.reader import VideoReader
from understudy.studio.context import StudioContext
from understudy.studio.expression_page import FOLDER

from .conftest import Studio, serving
from .test_explain_page import difference, wait_drawn

# what the middle of the picture shows between two heights, as shares of it
PART = """([top, bottom]) => {
  const shown = document.getElementById('picture');
  const copy = document.createElement('canvas');
  [copy.width, copy.height] = [shown.width, shown.height];
  copy.getContext('2d').drawImage(shown, 0, 0);
  const [x, y] = [copy.width * 0.35, copy.height * top];
  const part = copy.getContext('2d').getImageData(x, y, copy.width * 0.3, copy.height * (bottom - top));
  return Array.from(part.data);
}"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("expression")
    with VideoReader(clip("A_testA")) as reader:
        (frame,) = islice(reader, 1)
    write_image(folder / "somebody.png", frame.image)
    yield from serving(StudioContext(production=folder / "production", started_in=folder))


@pytest.fixture
def studio(shared: Studio) -> Studio:
    return shared


def photo(studio: Studio) -> Path:
    return studio.context.started_in / "somebody.png"


def opened(page, studio, name="A"):
    page.goto(f"{studio.base}/expression?photo={photo(studio)}")
    page.wait_for_selector("body.ready")
    page.fill("#name", name)
    page.get_by_role("button", name="Open", exact=True).click()
    page.wait_for_selector("body.shown", timeout=60_000)
    wait_drawn(page, 1)


def test_a_slider_moves_the_mouth_and_the_page_is_sound(page, studio):
    opened(page, studio)
    mouth, brow = page.evaluate(PART, [0.45, 0.7]), page.evaluate(PART, [0.1, 0.25])
    page.locator("#slider-jawOpen").fill("0.9")
    wait_drawn(page, 2)
    assert difference(mouth, page.evaluate(PART, [0.45, 0.7])) > 3
    assert difference(brow, page.evaluate(PART, [0.1, 0.25])) < 1
    page.click("#as-photo")
    wait_drawn(page, 3)
    assert difference(mouth, page.evaluate(PART, [0.45, 0.7])) < 0.1
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_both_sides_go_together_unless_they_are_taken_apart(page, studio):
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, studio)
    assert page.locator("#slider-mouthSmileRight").count() == 0
    page.locator("#slider-mouthSmileLeft").fill("0.8")
    wait_drawn(page, 2)
    page.uncheck("#both")
    assert page.input_value("#slider-mouthSmileRight") == "0.8"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_is_saved_is_signed_and_says_what_it_is(page, studio):
    opened(page, studio)
    page.locator("#slider-jawOpen").fill("0.9")
    wait_drawn(page, 2)
    for what in ("picture", "file"):
        page.click(f"#save-{what}")
        page.locator("#kept li").nth(0 if what == "picture" else 1).wait_for(timeout=60_000)
    folder = studio.context.production / FOLDER
    (picture,), (file,) = folder.glob("*.jpg"), folder.glob("*.json")
    assert verify(picture).manifest == "valid"
    assert float(read_expression(file).of("jawOpen")[0]) == pytest.approx(0.9, abs=0.01)


def test_a_face_without_consent_is_not_opened(studio):
    chosen = {"photo": str(photo(studio)), "name": "nobody who agreed"}
    with studio.client() as client:
        while (told := client.post("/api/expression/open", json=chosen).json())["state"] == "opening":
            pass
        assert told["state"] == "failed"
        assert "may be used" in told["said"]
        assert client.post("/api/expression/draw", json=chosen).status_code == 400
        outside = chosen | {"photo": "/etc/hostname"}
        assert client.post("/api/expression/open", json=outside).status_code == 400
