"""From two clips to a watched result, in a real browser with real jobs; stopped, killed, gone on with."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from actors import clip
from cli.conftest import start
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.studio.context import StudioContext
from understudy.studio.job_process import is_running

from .conftest import Studio, serving
from .waiting import until

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows sends no Ctrl-C to one process and knows no such locks"
)
FRAMES = 30  # in which the actor is seen often enough to train on


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Source and target, a second each."""
    folder = tmp_path_factory.mktemp("clips")
    names = {"anna": "B_train", "bert": "A_testA"}
    for person, name in names.items():
        with (
            VideoReader(clip(name)) as reader,
            VideoWriter(folder / f"{person}.mp4", like=reader.info) as writer,
        ):
            for frame in islice(reader, FRAMES):
                writer.write(frame)
    return {person: folder / f"{person}.mp4" for person in names}


@pytest.fixture
def studio(tmp_path: Path, clips: dict[str, Path]) -> Iterator[Studio]:
    yield from serving(StudioContext(production=tmp_path / "production", started_in=clips["anna"].parent))


def _choose(page, role: str, name: str) -> None:
    page.click(f"[data-role={role}] > .drop .choose")
    page.click("dialog .where >> text=Where the studio was started")
    page.click(f"dialog [data-file$='{name}.mp4']")
    page.click("dialog >> text=Take >> nth=-1")
    page.wait_for_selector(f"[data-role={role}] .footage >> text={name}.mp4")


def test_from_two_clips_to_a_watched_result(page, studio: Studio, clips) -> None:
    _choose(page, "source", "anna")
    assert page.input_value("#source_name") == "anna"
    _choose(page, "target", "bert")
    page.fill("#source_name", "Zoë Newcomer")
    page.press("#source_name", "Tab")
    assert page.is_disabled("#make"), "nobody has said why the face may be used"
    page.check("[name=kind][value=rendered]")
    page.click("text=More settings")
    page.fill("#steps", "6")
    page.click("#make")
    page.wait_for_url("**/jobs/1")
    page.wait_for_selector("#state >> text=done", timeout=300_000)

    assert page.inner_text("h1") == "Zoë Newcomer in the place of bert"
    stages = page.inner_text("#stages")
    assert "Finding faces in anna.mp4" in stages
    assert "Drawing the video" in stages
    page.wait_for_selector("#verified >> text=intact")
    assert "Zoë Newcomer: rendered" in page.inner_text("#verified")
    assert page.get_attribute("#preview", "src").endswith("/previews/6")
    assert page.evaluate("document.querySelector('#preview').naturalWidth") > 100
    page.evaluate("document.querySelector('#output').play()")
    until(lambda: page.evaluate("document.querySelector('#output').currentTime") > 0.2, 30)
    assert page.evaluate("document.querySelector('#output').videoWidth") > 100

    with studio.client() as client:
        whole = client.get("/api/jobs/1/output").content
        part = client.get("/api/jobs/1/output", headers={"Range": "bytes=100-199"})
        assert (part.status_code, part.content) == (206, whole[100:200])
        for route in ("/api/jobs/1/previews/7", "/api/jobs/1/previews/..%2f..%2fmodel.json", "/api/jobs/2"):
            assert client.get(route).status_code in (404, 422)
    folder = studio.context.production / "Zoe_Newcomer_as_bert"
    assert (folder / "swap.mp4").read_bytes() == whole

    page.goto(studio.base)
    assert page.inner_text("#queue .chip") == "done"
    assert "/review?faceset=" in page.get_attribute("#facesets a >> text=source", "href")


def _order(client: httpx.Client, clips: dict[str, Path], **more: Any) -> int:
    told = {"source": [str(clips["anna"])], "target": str(clips["bert"]), "source_name": "anna"}
    answer = client.post("/api/start/order", json=told | more)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def _job(client: httpx.Client) -> dict[str, Any]:
    return client.get("/api/jobs/1").json()


def _trains(client: httpx.Client) -> bool:
    job = _job(client)
    assert job["state"] in ("waiting", "running"), job
    return job["current"] == "train"


def _killed_while_it_trains(production: Path, clips: dict[str, Path]) -> None:
    """A studio that is killed when its job has begun to train."""
    process = start("studio", production, "--no-browser", "--json")
    assert process.stdout is not None
    try:
        url = json.loads(process.stdout.readline())["url"]
        base = url.split("/?")[0]
        with httpx.Client(base_url=base, headers={"Origin": base}, timeout=60) as client:
            client.get(url)
            _order(client, clips, minutes=600)
            until(lambda: _trains(client))
    finally:
        process.kill()
        process.communicate()


def test_a_job_outlives_its_studio_and_goes_on(clips, tmp_path: Path, browser, monkeypatch) -> None:
    production = tmp_path / "production"
    monkeypatch.chdir(clips["anna"].parent)
    _killed_while_it_trains(production, clips)
    context = StudioContext(production=production)
    (job,) = context.queue.store.all()
    folder = context.queue.job_folder(job)
    assert is_running(job.pid, folder), "the job goes on without its studio"
    for studio in serving(context):
        with studio.client() as client:
            time.sleep(1)  # several looks at the queue
            assert (_job(client)["state"], _job(client)["runs"]) == ("running", 1), "it was taken over"
            # as a power cut does
            os.kill(job.pid or 0, signal.SIGKILL)
            until(lambda: _job(client)["runs"] == 2 and _trains(client))

            page = browser.new_page()
            page.goto(studio.server.url(context.token, "/jobs/1"))
            page.click("#stop")
            page.wait_for_selector("#state >> text=stopped", timeout=60_000)
            step = json.loads((production / job.folder / "model" / "model.json").read_text())["step"]
            assert step >= 1, "what was learnt is saved"
            page.click("#go-on")
            page.wait_for_selector("#state >> text=working", timeout=60_000)
            page.click("#stop")
            page.wait_for_selector("#state >> text=stopped", timeout=60_000)
            page.close()
            assert client.post("/api/jobs/1/more", json={"minutes": 0.01}).json() == {"changed": True}
            until(lambda: _job(client)["state"] == "done")
            assert _job(client)["result"]["train"]["steps"] > step, "it went on from what was saved"
            assert client.post("/api/jobs/1/forget").json() == {"changed": True}
            assert client.get("/api/jobs").json() == []
    assert (production / job.folder / "swap.mp4").exists(), "what was made stays"
