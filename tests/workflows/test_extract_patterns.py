"""Extraction from patterns: one piece of footage of its images, resumed where it stopped."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from understudy.core.errors import MediaError
from understudy.faces.faceset import Faceset
from understudy.media.images import write_image
from understudy.media.reader import VideoReader
from understudy.workflows import extract
from understudy.workflows.configs import ExtractConfig


def test_the_images_of_a_pattern_are_one_piece_and_are_gone_on_with(
    clips: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "SEGMENT_FRAMES", 4)
    with VideoReader(clips["source"]) as reader:
        for frame in islice(reader, 11):
            write_image(tmp_path / "shots[1]" / f"f{frame.index}.png", frame.image)
    pattern = tmp_path / "shots[1]" / "f*.png"

    class StopError(Exception):
        pass

    def stop_in_the_second_segment(event: object) -> None:
        if getattr(event, "done", 0) >= 8:
            raise StopError

    config = ExtractConfig(footage=(pattern,), faceset=tmp_path / "faceset", identity="somebody")
    with pytest.raises(StopError):
        extract.run(config, stop_in_the_second_segment)
    result = extract.run(config)
    assert (result.frames, result.faces) == (11, 11)
    with Faceset.open(config.faceset) as faceset:
        (source,) = faceset.sources()
        assert [face.frame_index for face in faceset.faces()] == list(range(11))
        assert source.record.path == pattern
        digest = faceset.digest()
    # the folder has the same images, so nothing is left to do
    assert extract.run(replace(config, footage=(pattern.parent,))).fps == 0
    with Faceset.open(config.faceset) as faceset:
        assert faceset.digest() == digest


def test_a_pattern_that_matches_nothing_is_named_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"no\*\.mp4"):
        extract.run(ExtractConfig(footage=(tmp_path / "no*.mp4",), faceset=tmp_path / "faceset"))
    assert not (tmp_path / "faceset").exists()
