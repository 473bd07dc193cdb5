"""What pages say where something is not there, not allowed, or not saved, in a real browser."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from actors import clip

from .conftest import Studio
from .test_start_page import DROP
from .waiting import until


def test_a_job_that_changes_nothing_has_nothing_before_it(studio: Studio) -> None:
    number = studio.context.queue.add("trained on", ".", ["train", "--model=m"])
    with studio.client() as client:
        told = client.get(f"/api/jobs/{number}/before/0")
    assert told.status_code == 404
    assert "not known" in told.json()["error"]


@pytest.mark.parametrize("path", ["/jobs/99", "/jobs/x", "/nothing", "/api/jobs/99"])
def test_an_address_that_is_not_there_leads_back(page, seen, studio: Studio, path: str) -> None:
    answer = page.goto(studio.base + path)
    page.wait_for_selector("body.ready")
    assert answer.status == 404
    assert page.inner_text("h1") == "Nothing here"
    page.click("main a")
    page.wait_for_selector("body.drawn")
    assert page.url == studio.base + "/"
    with studio.client() as client:
        assert client.get("/nothing").json()["next_step"], "what a script asks for is told as ever"
    seen.complaints.clear()


def test_a_studio_that_is_gone_or_was_started_anew_is_told_until_it_answers(page, seen, studio) -> None:
    page.route("**/api/jobs", lambda route: route.abort())
    page.wait_for_selector(".lost >> text=does not answer")
    page.unroute("**/api/jobs")
    page.route("**/api/jobs", lambda route: route.fulfill(status=401, body="no"))
    page.wait_for_selector(".lost >> text=started anew")
    page.unroute("**/api/jobs")
    until(lambda: not page.locator(".lost").count(), 20)
    seen.complaints.clear()


def test_a_failure_is_told_above_the_dialog_it_belongs_to(page, seen, studio: Studio) -> None:
    page.route(
        "**/api/start/folder", lambda route: route.fulfill(status=400, body='{"error": "cannot read it"}')
    )
    page.click("[data-role=source] > .drop .choose")
    page.wait_for_selector("dialog .toast.bad >> text=cannot read it")
    page.click("dialog .toast [aria-label=Close]")  # a click reaches it
    assert page.inner_text("dialog h2") == "Footage of who is put in"
    page.click("dialog >> text=Cancel")
    until(lambda: page.locator("body > .toasts").count() == 1, 10)
    seen.complaints.clear()


def test_a_photo_is_dropped_and_what_is_missing_is_said(page, studio: Studio) -> None:
    page.goto(studio.base + "/expression")
    page.wait_for_selector("body.ready")
    said = page.locator("#opening")
    page.click("button[type=submit]")
    until(lambda: said.inner_text() == "Choose a photo.", 10)
    content = base64.b64encode(clip("A_testA").read_bytes()).decode()
    page.evaluate(DROP, ["#drop", "anna.mp4", content])
    page.wait_for_selector("#chosen >> text=anna.mp4")
    assert Path(studio.context.production / "footage" / "anna.mp4").is_file()
    page.fill("#name", "Nobody known")
    page.check("[name=kind][value=public-domain]")
    page.click("button[type=submit]")
    until(lambda: said.inner_text() == "Say why nobody has to agree.", 10)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_links_take_one_row(page, studio: Studio, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(studio.base + "/explain")
    page.wait_for_selector("body.ready")
    assert page.locator("header.bar").bounding_box()["height"] < 90
    assert page.locator("nav [aria-current]").bounding_box()["x"] < width
