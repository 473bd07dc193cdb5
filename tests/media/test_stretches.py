"""Stretches that are written apart become one output, without loss."""

from __future__ import annotations

import errno
import os
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from clips import make_clip
from understudy.core.errors import MediaError
from understudy.media import parts, sequence, stretches
from understudy.media.any_writer import AnyWriter, take_over
from understudy.media.parts import PartsWriter
from understudy.media.probe import packets_digest, presentation_times
from understudy.media.reader import VideoReader
from understudy.media.sequence import SequenceWriter
from understudy.media.stretches import make_room, remove_room, remove_stretch, stretch_path, stretches_of
from understudy.media.writer import VideoWriter

_CUTS = (0, 13, 29)


@pytest.fixture(autouse=True)
def _short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_PART_FRAMES", 7)
    monkeypatch.setattr(sequence, "_SAVE_EVERY", 7)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    pts = [3000 * i + 700 * (i % 3) for i in range(40)]
    return make_clip(tmp_path / "in.mp4", time_base=Fraction(1, 90000), audio=("aac",), pts=pts)


def opened(reader: VideoReader, out: Path, first: int = 0, *, alone: bool = False) -> AnyWriter:
    if out.suffix == ".png":
        return SequenceWriter(out, like=reader.info, key="a", first=first)
    make = partial(VideoWriter, like=reader.info, native=True, crf=0, alone=True)
    return PartsWriter(out, like=reader.info, key="a", open_part=make, alone=alone, first=first)


def write(clip: Path, out: Path, first: int, end: int | None, *, is_stretch: bool) -> None:
    """Pass frames on; a stretch counts them in its notes."""
    if is_stretch:
        make_room(out, first)
    with VideoReader(clip, start_index=first) as reader:
        writer = opened(reader, stretch_path(out, first) if is_stretch else out, first, alone=is_stretch)
        assert writer.next_frame == first
        for frame in reader.partial():
            if frame.index == end:
                break
            writer.notes = {"count": frame.index + 1 - first}
            writer.write_coded(frame.image.coded, frame.time_s)  # type: ignore[attr-defined]
        if is_stretch:
            writer.keep()
        else:
            writer.close()


def join(clip: Path, out: Path) -> AnyWriter:
    with VideoReader(clip) as reader:
        whole = opened(reader, out)
        each = [opened(reader, stretch_path(out, cut), cut, alone=True) for cut in stretches_of(out)]
        try:
            take_over(whole, each, lambda a, b: {"count": a.get("count", 0) + b["count"]})
        except MediaError:
            for writer in (*each, whole):
                writer.discard()
            raise
        assert whole.notes == {"count": 40}
        assert whole.next_frame == 40
        for cut in _CUTS:
            remove_room(out, cut)
    return whole


def no_link(file: Path, into: Path) -> None:
    """As of a disk that knows one name a file."""
    raise OSError(errno.EPERM, "no links here")


@pytest.mark.parametrize("name", ["out.mp4", "frames/%d.png"])
@pytest.mark.parametrize("has_links", [True, False])
def test_stretches_are_the_whole(
    clip: Path, tmp_path: Path, name: str, has_links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_links:
        monkeypatch.setattr(os, "link", no_link)
    out, calm = tmp_path / name, tmp_path / "calm" / name
    calm.parent.mkdir(parents=True)
    for first, end in reversed(list(zip(_CUTS, (*_CUTS[1:], None), strict=True))):
        write(clip, out, first, end, is_stretch=True)
    assert stretches_of(out) == list(_CUTS)
    join(clip, out).close()
    write(clip, calm, 0, None, is_stretch=False)
    if out.suffix == ".png":
        for index in range(40):
            assert (out.parent / f"{index}.png").read_bytes() == (calm.parent / f"{index}.png").read_bytes()
        assert len(list(out.parent.iterdir())) == 40
        return
    with VideoReader(out) as one, VideoReader(calm) as other:
        for a, b in zip(one, other, strict=True):
            assert a.pts == b.pts
            assert np.array_equal(a.image, b.image)
    assert presentation_times(out) == presentation_times(clip)
    assert packets_digest(out) == packets_digest(clip)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["calm", "in.mp4", "out.mp4"]


@pytest.mark.parametrize("name", ["out.mp4", "frames/%d.png"])
@pytest.mark.parametrize("has_links", [True, False])
def test_a_failure_while_they_are_taken_over_loses_none(
    clip: Path, tmp_path: Path, name: str, has_links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_links:
        monkeypatch.setattr(os, "link", no_link)
    out = tmp_path / name
    for first, end in zip(_CUTS, (*_CUTS[1:], None), strict=True):
        write(clip, out, first, end, is_stretch=True)
    put, done = stretches.put_into, list[Path]()

    def failing(file: Path, into: Path) -> None:
        done.append(into)
        if len(done) == 4:
            raise OSError(errno.EIO, "the disk fails")
        put(file, into)

    with monkeypatch.context() as patch:
        patch.setattr(parts, "put_into", failing)
        patch.setattr("understudy.media.sequence_files.put_into", failing)
        with pytest.raises(MediaError, match="the disk fails"):
            join(clip, out)
    join(clip, out).close()
    assert not list(tmp_path.glob("**/*.parts"))


def test_a_stretch_of_another_beginning_is_not_used(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    write(clip, out, 13, 29, is_stretch=True)
    with VideoReader(clip) as reader:
        for first, there in ((13, 29), (14, 14)):
            writer = opened(reader, stretch_path(out, 13), first)
            assert writer.next_frame == there
            writer.discard()


@pytest.mark.parametrize("place", ["out.mp4.parts", "out.mp4.parts/from_00000013"])
def test_a_link_in_the_place_of_a_folder_is_refused(place: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(MediaError, match="is a link to another place"):
        make_room(tmp_path / "out.mp4", 13)
    remove_stretch(tmp_path / "out.mp4", 13)
    assert list(elsewhere.iterdir()) == []


def test_what_was_taken_over_is_removed(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    write(clip, out, 13, 29, is_stretch=True)
    remove_room(out, 13)
    assert stretches_of(out) == [13]  # it is not empty
    remove_stretch(out, 13)
    assert stretches_of(out) == []
