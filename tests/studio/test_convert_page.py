"""Frames under several choices, and the worst of them, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from understudy.media.images import write_image
from understudy.studio.context import StudioContext
from understudy.workflows.worst_list import FILE_NAME, WorstFrame, WorstList

from .conftest import Studio, serving
from .test_explain_page import difference, opened, pixels


def listed(folder: Path, picture: str = "frame_000007.jpg") -> Path:
    """A list of one worst frame, with its picture."""
    folder.mkdir()
    write_image(folder / "frame_000007.jpg", np.full((64, 128, 3), 90, np.uint8))
    one = WorstFrame(
        frame=7, time_s=0.28, face_px=(1, 1, 9, 0), figures={}, badness=2, reason="flicker", picture=picture
    )
    worst = WorstList(video="swap.mp4", target="t.mp4", target_sha256="", model=None, frames=[one])
    (folder / FILE_NAME).write_text(worst.model_dump_json())
    return folder / FILE_NAME


@pytest.fixture(scope="module")
def shared(swap_folder, tmp_path_factory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("convert") / "production"
    shutil.copytree(swap_folder, folder)
    listed(folder / "worst")
    yield from serving(StudioContext(production=folder))


@pytest.fixture
def studio(shared: Studio) -> Studio:
    return shared


def shown(page, count):
    page.wait_for_selector(f"body[data-shown='{count}']", timeout=60_000)


def test_a_choice_changes_the_picture_and_the_page_is_sound(page, studio):
    opened(page, studio, "/convert")
    before, after = pixels(page, "before"), pixels(page, "after-0")
    assert difference(before, after) > 1  # a face of six steps of training is hardly the target's
    page.locator("#strength-0").fill("0")
    shown(page, 2)
    assert difference(before, pixels(page, "after-0")) < 1
    page.locator("#strength-0").fill("1")
    shown(page, 3)
    second = pixels(page, "after-1")
    page.select_option("#colour-1", "mkl")
    shown(page, 4)
    assert difference(second, pixels(page, "after-1")) > 0.3
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_choices_are_added_and_taken_away_and_a_second_is_played(page, studio):
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, studio, "/convert")
    page.click("#add")
    page.wait_for_selector("#after-2[src]")
    page.get_by_role("button", name="Take choice 3 away").click()
    assert page.locator("#after-2").count() == 0
    page.click("#view-frame")
    page.click("#play")
    page.wait_for_selector("#play[aria-pressed=true]")
    first = page.get_attribute("#after-0", "src")
    page.locator(f'#after-0:not([src="{first}"])').wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_worst_frame_is_gone_to_and_trained_on(page, studio):
    opened(page, studio, "/convert")
    item = page.locator(".worst-list button")
    assert item.inner_text() == "Frame 7, 0.28 s: flicker"
    item.click()
    assert page.input_value("#frame") == "7"
    page.get_by_role("button", name="Train on these").click()
    page.wait_for_selector(".toast.good")
    job = studio.context.queue.store.all()[-1]
    studio.context.queue.stop(job.id)
    assert job.arguments[0] == "train"
    assert f"--focus={studio.context.production / 'worst' / FILE_NAME}" in job.arguments


def test_a_list_names_pictures_beside_it_only(studio, tmp_path):
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"not yours")
    listed(tmp_path / "list", picture="../secret.jpg")
    short = studio.context.know(tmp_path / "list" / FILE_NAME)
    with studio.client() as client:
        assert client.get(f"/api/convert/worst/{short}/0").status_code == 404
        assert client.get(f"/api/convert/worst/{studio.context.know(secret)}/0").status_code == 404
        assert client.get(f"/api/convert/worst/{short}/1").status_code == 404
