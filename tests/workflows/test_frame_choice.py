"""Ranges of time and every n-th frame: exact, remembered, refused where they cannot be."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from understudy.core.errors import ConfigError
from understudy.core.events import Event, Notice, Progress
from understudy.faces.faceset import Faceset
from understudy.media.reader import VideoReader
from understudy.workflows import extract
from understudy.workflows.configs import ExtractConfig
from understudy.workflows.frame_choice import FrameChoice


def config(clip: Path, faceset: Path, **more: float) -> ExtractConfig:
    return ExtractConfig(footage=(clip,), faceset=faceset, identity="somebody", **more)  # type: ignore[arg-type]


def indices(folder: Path) -> list[int]:
    with Faceset.open(folder) as faceset:
        return [face.frame_index for face in faceset.faces()]


def progress(events: list[Event]) -> list[tuple[float, float | None]]:
    return [(event.done, event.total) for event in events if isinstance(event, Progress)]


def test_a_range_holds_the_frames_shown_in_it(clips: dict[str, Path], tmp_path: Path) -> None:
    # 25 frames a second: 0.4 s is the time of frame 10 itself, which is in; 0.8 s that of 20, which is out
    result = extract.run(config(clips["source"], tmp_path / "f", from_s=0.4, to_s=0.8, every=2))
    assert indices(tmp_path / "f") == [10, 12, 14, 16, 18]
    assert (result.frames, result.faces) == (5, 5)
    again = extract.run(config(clips["source"], tmp_path / "f", from_s=0.4, to_s=0.8, every=2))
    assert (again.frames, again.faces) == (5, 5)
    with Faceset.open(tmp_path / "f") as faceset:
        assert next(face.time_s for face in faceset.faces()) == Fraction(10, 25)


def test_a_stopped_range_goes_on_inside_it(
    clips: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "SEGMENT_FRAMES", 4)

    class StopError(Exception):
        pass

    def stop(event: object) -> None:
        if getattr(event, "done", 0) >= 8:
            raise StopError

    with pytest.raises(StopError):
        extract.run(config(clips["source"], tmp_path / "f", from_s=0.4, to_s=0.88), stop)
    assert indices(tmp_path / "f") == list(range(10, 18))
    result = extract.run(config(clips["source"], tmp_path / "f", from_s=0.4, to_s=0.88))
    assert indices(tmp_path / "f") == list(range(10, 22))
    assert result.frames == 12


def test_progress_counts_the_frames_that_are_looked_at(
    clips: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "SEGMENT_FRAMES", 4)
    events: list[Event] = []
    chosen = config(clips["source"], tmp_path / "f", from_s=0.4, to_s=0.8, every=2)
    assert extract.run(chosen, events.append).frames == 5
    assert progress(events) == [(4, 5), (5, 5)]
    # a container that promises more frames than there are in the range
    events.clear()
    monkeypatch.setattr(FrameChoice, "expected", lambda *_: 7)
    extract.run(replace(chosen, faceset=tmp_path / "g"), events.append)
    assert progress(events) == [(4, 7), (5, 7), (5, 5)]
    # what is finished is said to be
    events.clear()
    again = extract.run(chosen, events.append)
    assert (again.frames, again.fps, progress(events)) == (5, 0, [])
    assert "source.mp4 was done already" in [event.message for event in events if isinstance(event, Notice)]


def test_how_many_frames_are_expected(clips: dict[str, Path]) -> None:
    with VideoReader(clips["source"]) as reader:
        info = reader.info  # 48 frames, 25 a second

    def expected(every: int, from_s: float | None, to_s: float | None, **more: object) -> int | None:
        return FrameChoice.checked(every, from_s, to_s).expected(replace(info, **more))  # type: ignore[arg-type]

    assert expected(1, None, None) == 48
    assert expected(5, None, 100) == 10  # 0, 5, .. 45
    assert expected(5, 0.2, 0.4) == 1  # 5 alone
    assert expected(1, 1.9, None) == 0
    assert expected(2, None, None, average_rate_hz=None) == 24
    assert expected(2, 1, None, average_rate_hz=None) is None
    assert expected(2, 1, None, frames_hint=None) is None


def test_a_range_that_ends_after_the_footage_is_told(clips: dict[str, Path], tmp_path: Path) -> None:
    result = extract.run(config(clips["source"], tmp_path / "f", from_s=1.8, to_s=3))
    assert result.warnings == ["to is 3 s, but the footage ends at 1.92 s: all up to there is looked at"]
    assert extract.run(config(clips["source"], tmp_path / "g", from_s=1.8, to_s=1.92)).warnings == []


def test_another_choice_does_not_mix_into_a_faceset(clips: dict[str, Path], tmp_path: Path) -> None:
    extract.run(config(clips["source"], tmp_path / "f", to_s=0.4, every=2))
    with pytest.raises(ConfigError, match=r"was made with --every 2 --to 0\.4, not with --every 2 --to 0\.5"):
        extract.run(config(clips["source"], tmp_path / "f", to_s=0.5, every=2))
    with pytest.raises(ConfigError, match="choose another folder"):
        extract.run(config(clips["target"], tmp_path / "f", to_s=0.4))
    assert indices(tmp_path / "f") == [0, 2, 4, 6, 8]


def test_a_faceset_of_before_choices_were_noted_goes_on(
    clips: dict[str, Path], facesets: tuple[Path, Path], tmp_path: Path
) -> None:
    with Faceset.create(tmp_path / "f", "somebody"), Faceset.open(facesets[0]) as noted:
        assert "frames" in noted.meta
    assert extract.run(config(clips["source"], tmp_path / "f", to_s=0.2)).faces == 5


def test_ranges_that_make_no_sense(clips: dict[str, Path], tmp_path: Path) -> None:
    def refused(match: str, **more: float) -> None:
        with pytest.raises(ConfigError, match=match):
            extract.run(config(clips["source"], tmp_path / "f", **more))
        assert not (tmp_path / "f").exists()

    refused("give 0 or more", from_s=-1)
    refused("not after from", from_s=1, to_s=1)
    refused("no range of time", from_s=float("nan"))
    refused(r"the footage ends at 1\.92 s", from_s=2)
