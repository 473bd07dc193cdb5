"""A real studio on a free port, and a real browser that looks at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from understudy.studio.context import StudioContext
from understudy.studio.security import cookie_name
from understudy.studio.serve import Server, open_socket
from understudy.workflows import extract, train
from understudy.workflows.configs import ExtractConfig, TrainConfig
from workflows.conftest import shortened


@dataclass
class Studio:
    """A studio that answers.

    Attributes:
        context: what its pages share; `context.production` is the folder.
        base: "http://127.0.0.1:PORT".
        url: what a browser opens first, with the token.
    """

    context: StudioContext
    server: Server

    @property
    def base(self) -> str:
        return f"http://{self.server.address}"

    @property
    def url(self) -> str:
        return self.server.url(self.context.token)

    def client(self, **options: Any) -> httpx.Client:
        """A browser's requests, as from a page of the studio."""
        cookies = {cookie_name(self.server.address): self.context.token}
        return httpx.Client(
            base_url=self.base, cookies=cookies, headers={"Origin": self.base}, timeout=60, **options
        )


def serving(context: StudioContext) -> Iterator[Studio]:
    """Serve a context on a thread until the caller is done."""
    server = Server(context, "127.0.0.1", open_socket("127.0.0.1", 0))
    thread = threading.Thread(target=server.serve_here)
    thread.start()
    yield Studio(context, server)
    server.should_exit = True
    thread.join()


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """A studio of `tmp_path / "production"`; a test may put facesets there at any time."""
    yield from serving(StudioContext(production=tmp_path / "production", started_in=tmp_path))


@dataclass
class Seen:
    """What a page complained about, and what it asked for."""

    complaints: list[str] = field(default_factory=list[str])
    requests: list[str] = field(default_factory=list[str])


@pytest.fixture
def seen() -> Seen:
    """What `page` has complained about and asked for so far; a test that expects complaints clears them."""
    return Seen()


@pytest.fixture
def page(browser, studio: Studio, seen: Seen):
    """A browser that has opened the studio; at the end it must not have complained, nor asked others.

    `page.goto(studio.base + "/review")` goes on from there; wait for "body.ready".
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("console", lambda message: seen.complaints.append(f"{message.text} {message.location['url']}"))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("request", lambda request: seen.requests.append(request.url))
    page.goto(studio.url)
    page.wait_for_selector("body.drawn", timeout=60_000)
    yield page
    context.close()
    own = (studio.base, "data:", "blob:")
    assert [url for url in seen.requests if not url.startswith(own)] == []
    assert seen.complaints == []


@pytest.fixture(scope="session")
def swap_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A swap of rendered actors, of a few frames and a few steps of training; copy it to change it."""
    folder = tmp_path_factory.mktemp("swap") / "production"
    folder.mkdir()
    for role, name in (("source", "B_train"), ("target", "A_testA")):
        clip = shortened(name, folder / f"{role}.mp4", 24)
        extract.run(ExtractConfig(footage=(clip,), faceset=folder / f"{role}.faceset", identity=role))
    facesets = (folder / "source.faceset", folder / "target.faceset")
    train.run(TrainConfig(facesets=facesets, model=folder / "model", steps=6, batch=4))
    return folder
