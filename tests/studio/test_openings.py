"""What takes seconds to open, and pages that ask how far it is."""

from __future__ import annotations

import threading

import pytest

from understudy.core.errors import UnderstudyError
from understudy.core.events import OnEvent
from understudy.studio.openings import Openings

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
