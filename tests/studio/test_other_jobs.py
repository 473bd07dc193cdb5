"""Jobs that other pages than the start page ask for: trainings of a swap's model, and moved photos."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

import actors
from understudy.studio import expression_page
from understudy.studio.app import create_app
from understudy.studio.context import StudioContext
from understudy.studio.order import said_of
from understudy.studio.security import cookie_name
from understudy.studio.swaps import queued
from understudy.studio.trainings import train_on
from understudy.workflows.training_orders import training_orders

BASE = "http://127.0.0.1:8420"


@pytest.fixture
def context(tmp_path: Path) -> StudioContext:
    return StudioContext(production=tmp_path / "studio", started_in=actors.clip("A_testA").parent)


@pytest.fixture
def client(context: StudioContext) -> httpx.Client:
    return TestClient(
        create_app(context),
        base_url=BASE,
        cookies={cookie_name("127.0.0.1:8420"): context.token},
        headers={"Origin": BASE},
        raise_server_exceptions=False,
    )


def test_the_same_may_be_asked_for_again_and_each_job_has_a_log_of_its_own(context: StudioContext) -> None:
    swap = context.production / "Anna_as_Ben"
    command = ["train", "a", "b", f"--model={swap / 'model'}"]
    context.queue.add("swap", swap.name, ["swap"])
    numbers: list[int] = []
    for _ in range(3):
        numbers.append(queued(context, "Train on the worst frames", command))
        context.queue.store.change(numbers[-1], state="done")
    jobs = [context.queue.store.get(number) for number in numbers]
    folders = {context.queue.job_folder(job) for job in jobs if job is not None}
    assert len(folders) == 3
    assert all(folder.is_relative_to(context.production / ".jobs") for folder in folders)


def test_of_two_clicks_at_a_time_one_job_comes(context: StudioContext) -> None:
    command = ["train", "a", "b", "--model=model"]
    context.queue.add("swap", "Anna_as_Ben", ["swap"])  # there is a queue already
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: queued(context, "Train on chosen faces", command), range(8)))
    assert set(numbers) == {2}
    context.queue.store.change(2, state="running")
    assert queued(context, "Train on chosen faces", command) == 2, "it is just being done"


def test_a_swap_learns_from_chosen_faces_while_it_trains_only(context: StudioContext) -> None:
    swap, focus = context.production / "Anna_as_Ben", context.production / "chosen.json"
    number = context.queue.add("swap", swap.name, ["swap"])
    context.queue.store.change(number, state="running")
    first = train_on(context, swap, focus)
    assert not first["runs"], "its faces are still looked for: it would not hear"
    (swap / "model").mkdir(parents=True)
    index = swap / "model" / "model.json"
    index.write_text(json.dumps({"preset": "tiny", "identities": [], "budget": {"finished": False}}))
    assert train_on(context, swap, focus) == {"job": number, "runs": True}
    assert [order.focus for _, order in training_orders(swap / "model")] == [str(focus)]
    index.write_text(json.dumps({"preset": "tiny", "identities": [], "budget": {"finished": True}}))
    assert train_on(context, swap, focus) == first, (
        "it draws the video: a training of its own is in the queue"
    )


def test_a_training_shows_the_model_that_is_trained(client: httpx.Client, context: StudioContext) -> None:
    model = context.production / "Anna_as_Ben" / "model"
    (model / "previews").mkdir(parents=True)
    (model / "previews" / "step_0000010.jpg").write_bytes(b"picture")
    number = queued(context, "Learn these two", ["train", "a", "b", f"--model={model}"])
    assert client.get(f"/api/jobs/{number}").json()["preview"] == 10
    assert client.get(f"/api/jobs/{number}/previews/10").content == b"picture"
    assert client.get(f"/api/jobs/{number}/before/0").status_code == 404


def test_two_moved_photos_never_get_one_name(
    client: httpx.Client, context: StudioContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expression_page, "agree", lambda *_: None)
    clip = str(actors.clip("A_testA"))
    asked = {"photo": clip, "name": "Anna", "driving": clip}
    numbers = [client.post("/api/expression/drive", json=asked).json()["job"] for _ in range(2)]
    jobs = [context.queue.store.get(number) for number in numbers]
    outs = [said_of(job.arguments, "out") for job in jobs if job is not None]
    assert len(set(outs)) == 2
    # what has nothing to train is not given minutes: behind `--` they would be names of photos
    assert client.post(f"/api/jobs/{numbers[0]}/more", json={"minutes": 3}).status_code == 400


def test_a_page_or_a_script_is_not_handed_out_as_footage(
    client: httpx.Client, context: StudioContext
) -> None:
    context.production.mkdir()
    page = context.production / "page.html"
    page.write_text("<script src=/api/jobs/2/before/0></script>")
    number = context.queue.add("swap", "swap", ["swap", f"--target={page}"])
    assert client.get(f"/api/jobs/{number}/before/0").status_code == 404
    film = page.with_suffix(".mp4")
    film.write_bytes(b"film")
    number = context.queue.add("swap", "other", ["swap", f"--target={film}"])
    assert client.get(f"/api/jobs/{number}/before/0").content == b"film"
