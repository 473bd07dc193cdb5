"""What cannot be read or written is refused before hours of work, in the order of the arguments."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from understudy.core.errors import ConfigError, FacesetError, UnderstudyError
from understudy.core.events import Event, OnEvent
from understudy.faces import finder, identify
from understudy.workflows import compare, evaluate, reported_evaluate, reported_swap
from understudy.workflows.compare_result import CompareConfig
from understudy.workflows.configs import SwapConfig
from understudy.workflows.evaluate import EvaluateConfig

GONE = Path("gone.mp4")  # looked for only later


def evaluated(report: Path, on_event: OnEvent) -> None:
    reported_evaluate.run(EvaluateConfig(output=GONE, target=GONE), on_event, report=report)


def swapped(report: Path, on_event: OnEvent) -> None:
    reported_swap.run(SwapConfig(source=(GONE,), target=GONE, out=Path("o.mp4")), on_event, report=report)


def compared(report: Path, on_event: OnEvent) -> None:
    compare.run(CompareConfig(outputs=(GONE, GONE), target=GONE, report=report), on_event)


@pytest.mark.parametrize("work", [evaluated, swapped, compared])
def test_a_report_that_cannot_be_written_is_said_first(work, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    events: list[Event] = []
    with pytest.raises(UnderstudyError, match=r"page\.html"):
        work(file / "page.html", events.append)
    with pytest.raises(UnderstudyError, match="is a folder"):
        work(tmp_path, events.append)
    for name, kind in (("page.pdf", r"\.pdf"), ("page", "none")):
        with pytest.raises(ConfigError, match=rf"report of type {kind} .*ends in \.html"):
            work(tmp_path / "new" / name, events.append)
    assert events == []
    with pytest.raises(UnderstudyError, match=r"gone\.mp4"):
        work(tmp_path / "page.html", events.append)
    with pytest.raises(UnderstudyError, match=r"gone\.mp4"):
        work(tmp_path / "page.HTM", events.append)
    assert list(tmp_path.iterdir()) == [file]


def no_weights(*_: object) -> None:
    pytest.fail("the networks are loaded")


@pytest.mark.parametrize("first", ["output", "target", "source", "target_faceset", "truth"])
def test_the_first_path_that_cannot_be_read_is_named_before_anything_is_loaded(
    first: str, clips: dict[str, Path], facesets: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {
        "output": clips["target"],
        "target": clips["target"],
        "source": facesets[0],
        "target_faceset": facesets[1],
        "truth": clips["target"],
    }
    names = list(given)
    for name in names[names.index(first) :]:  # what comes after it is not there, either
        given[name] = Path(f"no_{name}.mp4")
    monkeypatch.setattr(finder, "weights_path", no_weights)
    monkeypatch.setattr(identify, "weights_path", no_weights)
    with pytest.raises(UnderstudyError, match=rf"^no_{first}\.mp4 does not exist"):
        evaluate.run(EvaluateConfig(**given))
    outputs = (clips["target"], given.pop("output"))
    with pytest.raises(UnderstudyError, match=rf"^no_{first}\.mp4 does not exist"):
        compare.run(CompareConfig(outputs=outputs, **given))


def test_a_faceset_that_is_damaged_is_named_first(clips: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "faces.sqlite").write_text("no database")
    config = EvaluateConfig(output=clips["target"], target=clips["target"], source=tmp_path, truth=GONE)
    with pytest.raises(FacesetError, match=re.escape(str(tmp_path))):
        evaluate.run(config)
