"""A training that runs, changed on its job's page and from the wall of faces, in a real browser."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from understudy.studio.context import StudioContext
from understudy.studio.swaps import queued
from understudy.workflows.swap_folders import SOURCE, TARGET, faceset_of, model_of
from understudy.workflows.training_look import look
from understudy.workflows.training_orders import training_orders

from .conftest import Studio, serving
from .test_review_page import open_review
from .test_start_page import _faults
from .waiting import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl-C to one process")


@pytest.fixture
def studio(swap_folder: Path, tmp_path: Path) -> Iterator[Studio]:
    shutil.copytree(swap_folder, tmp_path / "production")
    yield from serving(StudioContext(production=tmp_path / "production"))


def _learns(studio: Studio) -> Path:
    """Let the queue train the swap's model, far longer than the test takes; gives the model."""
    swap = studio.context.production
    model = model_of(swap)
    options = [f"--model={model}", "--resume", "--minutes=600", "--batch=1", "--consent=rendered"]
    facesets = [str(faceset_of(swap, role)) for role in (SOURCE, TARGET)]
    queued(studio.context, "Learn", ["train", *facesets, *options])
    return model


def _points(studio: Studio) -> list[dict[str, Any]]:
    with studio.client() as client:
        return client.get("/api/jobs/1").json()["points"]


def _changed(page, said: str) -> None:
    page.wait_for_selector(f"#changes >> text={said}")
    page.wait_for_selector("#ordered >> text=Done.")


def _train_on_two(page, studio: Studio) -> None:
    open_review(page, studio, faceset_of(studio.context.production, SOURCE))
    first, second = page.locator(".wall .face").all()[:2]
    first.click()
    second.click(modifiers=["Control"])
    page.click("[data-do=train]")


def test_a_training_is_paused_changed_and_finished_on_its_page(page, studio: Studio) -> None:
    model = _learns(studio)
    page.goto(studio.base + "/jobs/1")
    page.wait_for_selector("#controls:not([hidden])", timeout=120_000)

    page.click("#pause")
    page.wait_for_selector("#pause >> text=Go on learning")
    page.wait_for_selector("#stages >> text=Paused")
    step = look(model).step
    page.locator("#rate").fill("-1")
    _changed(page, "/learning rate . 0.5/")
    assert _faults(page) == []
    assert look(model).step == step, "what is paused takes orders, and learns nothing"
    page.click("#pause")
    page.wait_for_selector("#pause >> text='Pause'")
    until(lambda: _points(studio)[-1]["step"] > step, 60)

    _train_on_two(page, studio)
    page.click(".toast >> text=See it")
    page.wait_for_url("**/jobs/1")
    page.wait_for_selector("#changes >> text=more often: 2 frames of faces chosen in source.faceset")
    page.click("#unfocus")
    _changed(page, "no faces more often")

    page.click("#finish")
    page.wait_for_selector("#changes >> text=ends: 50 more steps")
    page.wait_for_selector("#state >> text=done", timeout=120_000)
    assert page.is_hidden("#controls")
    seen = look(model)
    assert (seen.rate, seen.finished, [one["what"] for one in seen.changes]) == (
        *(0.5, True),
        ["rate", "focus", "focus", "finish"],
    )
    with studio.client() as client:
        assert client.post("/api/jobs/1/adjust", json={"rate": 2}).json() == {"changed": False}

    _train_on_two(page, studio)
    page.wait_for_selector(".toast.good >> text=It is in the queue, for three minutes.")
    job = studio.context.queue.store.all()[-1]
    assert (job.id, "--resume" in job.arguments) == (2, True)
    assert studio.context.queue.stop(2)


def test_an_order_that_died_with_its_training_is_not_shown_for_ever(page, studio: Studio) -> None:
    model = _learns(studio)
    page.goto(studio.base + "/jobs/1")
    page.wait_for_selector("#controls:not([hidden])", timeout=120_000)
    process = studio.context.queue.store.all()[0].pid or 0
    os.kill(process, signal.SIGSTOP)
    page.click("#finish")
    page.wait_for_selector("#ordered >> text=Ordered")
    os.kill(process, signal.SIGKILL)
    page.wait_for_selector("#controls[hidden]", state="attached")
    page.wait_for_selector("#controls:not([hidden])", timeout=120_000)
    assert page.inner_text("#ordered") == ""
    assert (look(model).finishing, training_orders(model)) == (False, []), "who goes on wants no end"
    page.click("#stop")
    page.wait_for_selector("#state >> text=stopped", timeout=60_000)
    page.wait_for_selector("#go-on")
