"""The start page and a job's page in a real browser."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from actors import clip
from understudy.core.types import Image
from understudy.media.images import encode_jpeg
from understudy.studio.job_store import JobStore

from .conftest import Studio
from .waiting import until

SERIOUS = ("serious", "critical")
DROP = """async ([selector, name, content]) => {
    const data = new DataTransfer();
    const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
    data.items.add(new File([bytes], name));
    const event = new DragEvent("drop", {dataTransfer: data, bubbles: true});
    document.querySelector(selector).dispatchEvent(event);
}"""


def _grid(level: int) -> Image:
    return np.full((5 * 32, 8 * 32, 3), level, np.uint8)


def _trained_job(studio: Studio, state: str = "stopped") -> None:
    """A job whose training has four looks at held-out faces, the last one not saved yet."""
    # made aside: the queue would have it done
    store = JobStore(studio.context.production.with_name("aside"))
    number = store.add("Zoë in the place of Bo", "zoe", ["swap", "--minutes=5"])
    store.change(number, state=state, error="no luck" if state == "failed" else None)
    folder = studio.context.production / "zoe"
    (folder / "model" / "previews").mkdir(parents=True)
    shutil.copy(store.path, studio.context.production)
    for step in (10, 20, 30, 40):
        (folder / "model" / "previews" / f"step_{step:07d}.jpg").write_bytes(encode_jpeg(_grid(5 * step)))
    history = [
        {"step": step, "seconds": step / 2, "loss": 5 / step, "ssim Zoë": 0.5 + step / 100, "ssim Bo": 0.6}
        for step in (10, 20, 30)
    ]
    people = [{"name": "Zoë"}, {"name": "Bo"}]
    index = {"step": 30, "preset": "tiny", "identities": people, "history": history}
    (folder / "model" / "model.json").write_text(json.dumps(index))
    (folder / "job").mkdir()
    events: list[dict[str, object]] = [{"event": "started", "at": 100}]
    for step in range(1, 41):
        figures = {"step": step, "loss": 5 / step, "steps a second": 2.0}
        event = {"event": "progress", "at": 100 + step, "stage": "train", "done": step, "total": 50}
        events.append(event | {"unit": "steps", "figures": figures})
    (folder / "job" / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))


def _faults(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in SERIOUS]


def test_the_start_page_opens_and_the_token_leaves_the_address(page, studio: Studio) -> None:
    assert page.url == studio.base + "/"
    assert page.locator("h1").inner_text() == "New swap"
    assert page.locator("nav a[aria-current=page]").inner_text() == "Start"
    assert not studio.context.production.exists(), "looking at it makes nothing"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_fault_for_screen_readers_and_nothing_beside_the_screen(
    page, studio: Studio, width: int, scheme: str
) -> None:
    _trained_job(studio, "failed")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/jobs/1"):
        page.goto(studio.base + path)
        page.wait_for_selector("body.drawn")
        assert _faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.goto(studio.base)
    page.wait_for_selector("body.drawn")
    for kind in page.locator("#tabs button").all():
        kind.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, kind.inner_text()
    page.locator("#tabs button").first.click()
    page.click("[data-role=source] > .drop .choose")
    page.wait_for_selector("dialog .files button")
    assert _faults(page) == [], "the dialog"


def test_the_theme_is_switched_and_kept(page, studio: Studio) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="light")
    light = page.evaluate(paper)
    page.click("[aria-label='Light or dark']")
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    assert page.evaluate(paper) == dark, "from the first moment on"


def test_footage_is_dropped_and_looked_at(page, studio: Studio) -> None:
    content = base64.b64encode(clip("A_testA").read_bytes()).decode()
    page.evaluate(DROP, ["[data-role=source] > .drop", "Carla B.mp4", content])
    page.wait_for_selector("[data-role=source] .footage >> text=Carla B.mp4")
    assert page.input_value("#source_name") == "Carla B", (
        "who is in it is called like it, until somebody says"
    )
    kept = studio.context.production / "footage" / "Carla B.mp4"
    assert kept.read_bytes() == clip("A_testA").read_bytes()
    until(lambda: page.evaluate("document.querySelector('.footage img').naturalWidth") > 100, 60)
    page.click("[aria-label='Leave Carla B.mp4 out']")
    assert page.locator("[data-role=source] .footage li").count() == 0


def test_what_is_no_footage_is_told(page, seen, studio: Studio) -> None:
    page.evaluate(DROP, ["[data-role=target] > .drop", "notes.exe", "AAAA"])
    page.wait_for_selector(".toast.bad >> text=no video")
    page.evaluate(DROP, ["[data-role=target] > .drop", "notes.mp4", "AAAA"])
    page.wait_for_selector(".toast.bad >> text=notes.mp4")
    assert page.locator(".footage li").count() == 0
    assert all("400" in complaint for complaint in seen.complaints), (
        "the browser's own words for these answers"
    )
    seen.complaints.clear()


def test_a_folder_is_chosen_with_the_keyboard(page, studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "shots").mkdir()
    shutil.copy(clip("A_testA"), tmp_path / "shots" / "one.mp4")
    page.focus("[data-role=source] > .drop .choose")
    page.keyboard.press("Enter")
    page.focus("dialog >> text=Where the studio was started")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog .files >> text=shots")
    page.focus("dialog .files >> text=shots")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog [data-file$='one.mp4']")
    page.keyboard.press("Escape")
    assert page.locator("dialog").count() == 0
    page.click("[data-role=source] > .drop .choose")
    page.wait_for_selector("dialog [data-file$='one.mp4']")  # where it was left
    page.focus("dialog [data-file$='one.mp4']")
    page.keyboard.press("Space")
    page.focus("dialog .primary")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-role=source] .footage >> text=one.mp4")


def test_a_record_that_is_there_is_shown_and_none_is_asked_for(page, studio: Studio) -> None:
    page.fill("#source_name", "anna")
    page.wait_for_selector("#record >> text=anna: rendered")
    assert page.is_hidden("#kinds")
    page.fill("#source_name", "annabel")
    page.wait_for_selector("#kinds")
    assert page.is_hidden("#record")


def test_nobody_is_put_in_without_consent(studio: Studio) -> None:
    path = str(clip("A_testA"))
    told = {"source": [path], "target": path, "source_name": "Nobody yet", "minutes": 1}
    with studio.client() as client:
        assert "Nobody yet" in client.post("/api/start/order", json=told).json()["error"]
        for consent in (
            {"kind": "consent"},
            {"kind": "public-domain"},
            {"kind": "public-domain", "why": " "},
        ):
            assert client.post("/api/start/order", json=told | {"consent": consent}).status_code == 400
        wrong = (
            {"minutes": None},
            {"steps": 3},
            {"minutes": -1},
            {"more": 1},
            {"source": []},
            {"preset": "x" * 99},
        )
        for one in wrong:
            assert client.post("/api/start/order", json=told | one).status_code in (400, 422), one
    assert studio.context.queue.store.all() == []


def test_training_is_seen_through_its_history(page, studio: Studio) -> None:
    _trained_job(studio)
    page.goto(studio.base + "/jobs/1")
    page.wait_for_selector("body.drawn")
    assert page.inner_text("#state") == "stopped"
    shown = "document.querySelector('#preview').getAttribute('src')"
    assert page.evaluate(shown).endswith("/previews/40"), "the newest, saved or not"
    page.locator("#history").fill("1")
    assert page.evaluate(shown).endswith("/previews/20")
    assert page.inner_text("#step") == "20"
    assert page.inner_text(".chart:first-child .key") == "Zoë: 0.800\nBo: 0.600"
    lines = page.evaluate("[...document.querySelectorAll('.line')].map((one) => one.points.length)")
    assert lines == [3, 3, 13], "two people's looks; the loss of the looks, and live from the last one on"
    (studio.context.production / "zoe" / "model" / "previews" / "step_0000050.jpg").write_bytes(
        encode_jpeg(_grid(9))
    )
    until(lambda: page.get_attribute("#history", "max") == "4", 30)
    assert page.evaluate(shown).endswith("/previews/20"), "who looks back is not taken away from there"
    page.locator("#history").fill("4")
    until(lambda: page.evaluate(shown).endswith("/previews/50"), 30)
