"""What takes seconds to open, and pages that ask how far it is."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from understudy.core.errors import UnderstudyError
from understudy.core.events import Notice, OnEvent
from understudy.studio.context import StudioContext
from understudy.studio.openings import Openings

from .conftest import serving
from .waiting import until


def test_two_pages_that_wait_for_different_things_get_both() -> None:
    openings: Openings[str] = Openings()
    may_open, begun = threading.Event(), list[str]()

    def opener(name: str):
        def open_it(on_event: OnEvent) -> str:
            del on_event
            begun.append(name)
            may_open.wait(60)
            return name

        return open_it

    for _ in range(5):  # each page asks again and again
        for name in "ab":
            assert openings.state(name, opener(name))["state"] == "opening"
    may_open.set()
    for name in "ab":
        until(lambda name=name: openings.state(name, opener(name))["state"] == "ready")
        with openings.using(name) as opened:
            assert opened == name
    assert sorted(begun) == ["a", "b"]


def test_only_the_last_few_are_kept() -> None:
    openings: Openings[str] = Openings(kept=2)
    for name in "abc":
        until(lambda name=name: openings.state(name, lambda _, name=name: name)["state"] == "ready")
    with pytest.raises(UnderstudyError, match="started anew"), openings.using("a"):
        pass
    for name in "bc":
        with openings.using(name) as opened:
            assert opened == name


def test_what_is_being_opened_ends_with_the_studio() -> None:
    begun, ended = threading.Event(), list[str]()
    openings: Openings[str] = Openings()
    routes = APIRouter(lifespan=openings.while_it_runs)

    def opener(on_event: OnEvent) -> str:
        try:
            while True:  # as a long work that tells of itself
                on_event(Notice(message="half"))
                begun.set()
                time.sleep(0.01)
        finally:
            ended.append("broken off")

    app = FastAPI()
    app.include_router(routes)
    with TestClient(app):
        assert openings.state("a", opener)["state"] == "opening"
        assert begun.wait(60)
    assert ended == ["broken off"]
    with pytest.raises(UnderstudyError, match="ends"):
        openings.state("a", opener)


def test_each_page_that_opens_something_lets_go_of_it_when_the_studio_ends(
    swap_folder: Path,
) -> None:
    before = set(threading.enumerate())
    for studio in serving(StudioContext(production=swap_folder)):
        with studio.client() as client:
            for path in ("explain", "convert"):
                assert client.post(f"/api/{path}/open", json={}).json()["state"] == "opening"
    assert [one for one in threading.enumerate() if one not in before and "_open" in one.name] == []
