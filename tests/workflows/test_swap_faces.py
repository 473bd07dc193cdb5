"""What a swap finds out about faces before more is done: too few of them, and one face for itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.core.errors import FacesetError
from understudy.core.events import Event, Notice, Progress
from understudy.workflows import swap
from understudy.workflows.configs import SwapConfig

from .conftest import shortened


def test_too_few_faces_of_the_source_are_told_before_the_target_is_looked_at(
    clips: dict[str, Path], tmp_path: Path
) -> None:
    few = shortened("B_train", tmp_path / "few.mp4", 3)
    config = SwapConfig(source=(few,), target=clips["target"], out=tmp_path / "o.mp4", source_name="source")
    stages: list[str] = []
    with pytest.raises(FacesetError, match=r"few.mp4 shows 3 usable faces of source, 20 are needed") as told:
        swap.run(config, lambda event: stages.append(getattr(event, "stage", "")))
    assert told.value.next_step == "give more footage of source, too, with a further --source"
    assert "extract few.mp4" in stages
    assert "extract target.mp4" not in stages
    assert not (tmp_path / "o.mp4.production" / "target.faceset").exists()


def test_too_few_faces_of_the_target(clips: dict[str, Path], tmp_path: Path) -> None:
    few = shortened("A_testA", tmp_path / "few.mp4", 3)
    config = SwapConfig(source=(clips["source"],), target=few, out=tmp_path / "o.mp4", target_name="bo")
    with pytest.raises(FacesetError, match=r"few.mp4 shows 3 usable faces of bo") as told:
        swap.run(config)
    assert told.value.next_step == "give more footage of bo, too, with a further --target-footage"


@pytest.mark.parametrize("is_copy", [False, True])
def test_one_file_for_both_is_warned_of_first(
    clips: dict[str, Path], tmp_path: Path, *, is_copy: bool
) -> None:
    source = clips["source"]
    target = tmp_path / "copy.mp4" if is_copy else source
    if is_copy:
        target.write_bytes(source.read_bytes())
    heard: list[Event] = []

    def stop_at_work(event: Event) -> None:
        heard.append(event)
        if isinstance(event, Progress):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        swap.run(SwapConfig(source=(source,), target=target, out=tmp_path / "o.mp4", steps=1), stop_at_work)
    said = [event.message for event in heard if isinstance(event, Notice) and event.is_warning]
    assert said[0].startswith("source and target are the same footage (source.mp4)")
