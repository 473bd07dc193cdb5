"""Ranges of time and every n-th frame: exact, remembered, refused where they cannot be."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from understudy.core.errors import ConfigError
from understudy.faces.faceset import Faceset
from understudy.workflows import extract
from understudy.workflows.configs import ExtractConfig


def config(clip: Path, faceset: Path, **more: float) -> ExtractConfig:
    return ExtractConfig(footage=(clip,), faceset=faceset, identity="somebody", **more)  # type: ignore[arg-type]


def indices(folder: Path) -> list[int]:
    with Faceset.open(folder) as faceset:
        return [face.frame_index for face in faceset.faces()]


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
        if getattr(event, "done", 0) >= 18:
            raise StopError

    with pytest.raises(StopError):
        extract.run(config(clips["source"], tmp_path / "f", from_s=0.4, to_s=0.88), stop)
    assert indices(tmp_path / "f") == list(range(10, 18))
    result = extract.run(config(clips["source"], tmp_path / "f", from_s=0.4, to_s=0.88))
    assert indices(tmp_path / "f") == list(range(10, 22))
    assert result.frames == 12


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
