"""Footage that shows nudity is not changed, where a detector is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import actors
import understudy
from clips import make_clip
from understudy.core.errors import RefusedError
from understudy.core.events import Progress
from understudy.core.types import Image
from understudy.workflows import screen
from understudy.workflows.screen import refuse_nudity


class Yellow:
    """Finds what is yellow: nobody has to be nude for a test."""

    def confidence(self, image: Image) -> float:
        return 0.9 if image[..., :2].mean() - image[..., 2].mean() > 150 else 0.1


@pytest.fixture
def nude(tmp_path: Path) -> Path:
    yellow = np.zeros((64, 96, 3), np.uint8) + np.array([250, 250, 10], np.uint8)
    return make_clip(tmp_path / "beach.mp4", frames=30, image=yellow)


def test_it_is_refused_in_one_line(nude: Path) -> None:
    with pytest.raises(RefusedError, match=r"beach.mp4 seems to show nudity \(at 0.0 s, 90 % sure\)"):
        refuse_nudity(nude, detector=Yellow())


def test_other_footage_is_looked_at_and_passes() -> None:
    heard: list[Progress] = []
    refuse_nudity(
        actors.clip("A_testA"), lambda e: heard.append(e) if isinstance(e, Progress) else None, Yellow()
    )
    assert 5 <= len(heard) <= 24
    assert {event.stage for event in heard} == {"screen"}


@pytest.mark.parametrize("command", ["convert", "preview", "swap", "animate"])
def test_every_command_that_changes_footage_looks(
    command: str, nude: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "is_available", lambda: True)
    monkeypatch.setattr(screen, "_installed", Yellow)
    out = tmp_path / "out.mp4"
    ways = {
        "convert": lambda: understudy.convert(nude, model, out),
        "preview": lambda: understudy.convert(nude, model, tmp_path / "out.png", frame=3),
        "swap": lambda: understudy.swap(actors.clip("A_testA"), nude, out, consent="rendered"),
        "animate": lambda: understudy.animate(nude, out, driving=actors.clip("A_testA"), consent="rendered"),
    }
    with pytest.raises(RefusedError):
        ways[command]()
    assert not out.exists()
    assert not (tmp_path / "out.png").exists()


def test_without_a_detector_nothing_is_looked_at(nude: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "is_available", lambda: False)
    refuse_nudity(nude)


def test_the_optional_detector_lets_dressed_people_pass() -> None:
    pytest.importorskip("nudenet", reason="needs the optional detector: pip install 'understudy[screen]'")
    refuse_nudity(actors.clip("A_testA"))
