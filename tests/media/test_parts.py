"""A video in parts: the same as one written at once, and it goes on where it was stopped."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from clips import make_clip
from understudy.core.errors import MediaError
from understudy.media import parts
from understudy.media.finished_part import FinishedPart
from understudy.media.parts import PartsWriter
from understudy.media.probe import packets_digest, presentation_times, stream_spans
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter

VARIABLE = [0, 3000, 6001, 20000, 20010, 45000, 45100, 61000, 90000, 90010, 99000]
PQ = (9, 9, 16, 1)
CLIPS = {
    "plain": ("a.mp4", {"audio": ("aac",), "frames": 40}),
    "variable rate": ("v.mp4", {"time_base": Fraction(1, 90000), "audio": ("aac",), "pts": VARIABLE}),
    "10 bits": ("t.mp4", {"codec": "libx265", "pixel_format": "yuv420p10le", "tags": PQ, "frames": 24}),
    "rotated": ("r.mov", {"rotation_deg": 90, "frames": 24, "audio": ("aac", "aac")}),
    "Matroska": ("m.mkv", {"time_base": Fraction(1, 1000), "frames": 30, "audio": ("mp2",)}),
    "starts late": ("l.mp4", {"time_base": Fraction(1, 12800), "pts": [6401 + 512 * i for i in range(20)]}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_PART_FRAMES", 7)


def opened(reader: VideoReader, out: Path, key: str = "a") -> PartsWriter:
    make = partial(VideoWriter, like=reader.info, native=True, alone=True)
    return PartsWriter(out, like=reader.info, key=key, open_part=make, metadata={"comment": "made here"})


def copy(target: Path, out: Path, *, stop: int | None = None, key: str = "a") -> tuple[int, PartsWriter]:
    """Pass frames through from where an earlier run stopped; where that was."""
    with VideoReader(target) as reader:
        writer = opened(reader, out, key)
        first = writer.next_frame
        for frame in reader.partial():
            if frame.index == stop:
                writer.discard()
                return first, writer
            if frame.index >= first:
                writer.write_coded(frame.image.coded, frame.time_s)  # type: ignore[attr-defined]
        writer.close()
    return first, writer


@pytest.mark.parametrize("kind", CLIPS)
def test_parts_are_joined_without_a_seam(tmp_path: Path, kind: str) -> None:
    name, options = CLIPS[kind]
    target = make_clip(tmp_path / name, **options)
    out, whole = (tmp_path / f"{way}{target.suffix}" for way in ("joined", "whole"))
    assert copy(target, out)[0] == 0
    with VideoReader(target) as reader, VideoWriter(whole, like=reader.info, native=True) as writer:
        for frame in reader.partial():
            writer.write_coded(frame.image.coded, frame.time_s)  # type: ignore[attr-defined]
    assert presentation_times(out) == presentation_times(target)
    assert packets_digest(out) == packets_digest(target)
    spans, expected = stream_spans(out), stream_spans(whole)
    assert spans.get("audio") == expected.get("audio")
    assert spans["video"][0] == expected["video"][0]
    # an MP4 ends when what is decoded last does, which may be another picture of the last few
    assert abs(spans["video"][1] - expected["video"][1]) <= (0.11 if kind == "variable rate" else 0)
    with VideoReader(out) as one, VideoReader(whole) as other, VideoReader(target) as third:
        assert one.info.colour == other.info.colour
        assert (one.info.orientation, one.info.codec) == (other.info.orientation, other.info.codec)
        if kind != "variable rate":  # of which there is only a mean, of the frames in a part
            assert one.info.average_rate_hz == other.info.average_rate_hz
        for joined, plain in zip(one, third, strict=True):
            assert np.abs(joined.image.astype(int) - plain.image).mean() < 3
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([out.name, whole.name, name])


def test_what_was_stopped_goes_on_after_the_last_finished_part(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=40, audio=("aac",))
    out = tmp_path / "out ü.mp4"
    _, writer = copy(target, out, stop=18)
    writer.notes["seen"] = 5  # of a part that was not finished
    assert not out.exists()
    assert copy(target, out, stop=25)[0] == 14
    first, _ = copy(target, out)
    assert first == 21
    assert presentation_times(out) == presentation_times(target)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    with VideoReader(out) as one, VideoReader(target) as other:
        for stopped, plain in zip(one, other, strict=True):
            assert np.abs(stopped.image.astype(int) - plain.image).mean() < 3


def test_notes_are_kept_with_the_parts(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=20)
    with VideoReader(target) as reader:
        writer = opened(reader, tmp_path / "out.mp4")
        writer.notes["colours"] = {"target": "mkl"}
        for frame in reader:
            if frame.index < 9:
                writer.write(frame)
        writer.discard()
        again = opened(reader, tmp_path / "out.mp4")
        assert again.notes == {"colours": {"target": "mkl"}}
        again.discard()


@pytest.mark.parametrize("harm", ["other key", "part gone", "state gone", "state broken"])
def test_parts_of_something_else_or_damaged_are_not_used(tmp_path: Path, harm: str) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=20)
    copy(target, tmp_path / "out.mp4", stop=16)
    folder = tmp_path / "out.mp4.parts"
    if harm == "part gone":
        (folder / "000000.mp4").unlink()
    if harm == "state gone":
        (folder / "parts.json").unlink()
    if harm == "state broken":
        (folder / "parts.json").write_text('{"key": "a"}')
    assert copy(target, tmp_path / "out.mp4", key="b" if harm == "other key" else "a")[0] == 0
    assert presentation_times(tmp_path / "out.mp4") == presentation_times(target)


def test_without_a_frame_nothing_is_left(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=5)
    with VideoReader(target) as reader:
        writer = opened(reader, tmp_path / "out.mp4")
        with pytest.raises(MediaError, match="no frame to write"):
            writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("name", ["_count", "_add"])
def test_an_interrupt_within_a_frame_loses_its_part_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Nobody knows whether that frame is in it."""
    target, out = make_clip(tmp_path / "a.mp4", frames=20), tmp_path / "out.mp4"
    owner = PartsWriter if name == "_count" else VideoWriter
    calls, plain = [0], getattr(owner, name)

    def interrupted(self: object, *given: object) -> None:
        calls[0] += 1
        if calls[0] == 11:
            raise KeyboardInterrupt
        plain(self, *given)

    def run() -> None:
        with VideoReader(target) as reader, opened(reader, out) as writer:
            for frame in reader.partial():
                writer.write_coded(frame.image.coded, frame.time_s)  # type: ignore[attr-defined]

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, interrupted)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert copy(target, out)[0] == 7
    assert presentation_times(out) == presentation_times(target)


def test_a_folder_that_is_somebody_elses_keeps_what_is_in_it(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=10)
    (tmp_path / "out.mp4.parts").mkdir()
    (tmp_path / "out.mp4.parts" / "notes.txt").write_text("mine")
    copy(target, tmp_path / "out.mp4")
    assert [path.name for path in (tmp_path / "out.mp4.parts").iterdir()] == ["notes.txt"]


def test_an_interrupt_while_parts_are_read_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=30)
    copy(target, tmp_path / "out.mp4", stop=25)
    looked_at = FinishedPart.is_whole

    def interrupted(part: FinishedPart, path: Path) -> bool:
        if path.name.startswith("000001"):
            raise KeyboardInterrupt
        return looked_at(part, path)

    with monkeypatch.context() as patch, VideoReader(target) as reader:
        patch.setattr(FinishedPart, "is_whole", interrupted)
        with pytest.raises(KeyboardInterrupt):
            opened(reader, tmp_path / "out.mp4")
    assert copy(target, tmp_path / "out.mp4")[0] == 21
