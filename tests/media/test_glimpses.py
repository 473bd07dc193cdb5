"""Pictures spread over footage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clips import make_clip, picture
from understudy.core.errors import MediaError
from understudy.media import glimpses as module
from understudy.media.footage import open_footage
from understudy.media.glimpses import glimpses
from understudy.media.images import write_image

SIZE = (96, 64)


def test_a_short_video_is_seen_from_beginning_to_end(tmp_path: Path) -> None:
    seen = list(glimpses(make_clip(tmp_path / "a.mp4", frames=50), 10))
    assert [round(25 * time_s) for time_s, _ in seen] == list(range(0, 50, 5))
    for time_s, image in seen:
        assert np.abs(image.astype(int) - picture(round(25 * time_s), *SIZE)).mean() < 6


def test_of_a_long_video_keyframes_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_clip(tmp_path / "a.mkv", frames=50, codec_options={"g": "10", "sc_threshold": "0"})
    monkeypatch.setattr(module, "_SHORT", 20)
    seen = list(glimpses(path, 25))
    assert [round(25 * time_s) for time_s, _ in seen] == [0, 10, 20, 30, 40]
    for time_s, image in seen:
        assert np.abs(image.astype(int) - picture(round(25 * time_s), *SIZE)).mean() < 6


def test_of_a_long_video_that_was_streamed_more_than_its_beginning_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_clip(
        tmp_path / "a.mkv",
        frames=50,
        codec_options={"g": "10", "sc_threshold": "0"},
        container_options={"live": "1"},
    )
    with open_footage(path) as footage:
        assert not footage.info.duration_s
        assert footage.info.frames_hint is None
    monkeypatch.setattr(module, "_SHORT", 20)
    assert [round(25 * time_s) for time_s, _ in glimpses(path, 25)] == [0, 10, 20, 30, 40]


def test_no_more_than_asked_for(tmp_path: Path) -> None:
    for number in range(7):
        write_image(tmp_path / f"{number}.png", picture(number, *SIZE))
    (tmp_path / "6.png").write_bytes(b"no picture")
    seen = list(glimpses(tmp_path, 4))
    assert [round(25 * time_s) for time_s, _ in seen] == [0, 2, 4]  # 6 cannot be read
    assert (seen[2][1] == picture(4, *SIZE)).all()


def test_what_is_no_footage(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("no video")
    with pytest.raises(MediaError):
        list(glimpses(tmp_path / "a.mp4", 3))
