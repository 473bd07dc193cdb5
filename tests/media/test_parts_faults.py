"""Outputs in parts when something goes wrong: damage, other files, another run, and what is said once."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from functools import partial
from pathlib import Path

import pytest

from clips import make_clip
from understudy.core.errors import MediaError
from understudy.media import parts
from understudy.media.any_writer import open_writer
from understudy.media.output_file import OutputFile
from understudy.media.parts import PartsWriter
from understudy.media.probe import packets_digest, presentation_times
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter


@pytest.fixture(autouse=True)
def _short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_PART_FRAMES", 7)


def opened(reader: VideoReader, out: Path) -> PartsWriter:
    make = partial(VideoWriter, like=reader.info, native=True, alone=True)
    return PartsWriter(out, like=reader.info, key="a", open_part=make)


def copy(target: Path, out: Path, *, stop: int | None = None) -> tuple[int, PartsWriter]:
    """Pass frames through from where an earlier run stopped; where that was."""
    with VideoReader(target) as reader:
        writer = opened(reader, out)
        first = writer.next_frame
        for frame in reader:
            if frame.index == stop:
                writer.discard()
                return first, writer
            if frame.index >= first:
                writer.write(frame)
        writer.close()
    return first, writer


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "last bytes", "one bit"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_damaged_part_is_made_anew_with_those_after_it(tmp_path: Path, damage: str, suffix: str) -> None:
    target, out = make_clip(tmp_path / "a.mp4", frames=40, audio=("aac",)), tmp_path / f"out{suffix}"
    copy(target, out, stop=30)
    part = tmp_path / f"out{suffix}.parts" / f"000002{suffix}"
    content = {"cut": part.read_bytes()[:900], "empty": b"", "text": b"no video", "last bytes": b""}
    content["last bytes"] = part.read_bytes()[:-40]
    middle = part.stat().st_size // 2
    flipped = bytes([part.read_bytes()[middle] ^ 1])
    content["one bit"] = part.read_bytes()[:middle] + flipped + part.read_bytes()[middle + 1 :]
    part.write_bytes(content[damage])
    first, writer = copy(target, out)
    assert first == 14
    assert writer.warnings == [f"a part of out{suffix} is damaged, and is made anew with all that follows"]
    assert presentation_times(out) == presentation_times(target)
    assert packets_digest(out) == packets_digest(target)


def test_what_was_noted_is_that_of_the_last_whole_part(tmp_path: Path) -> None:
    target, out = make_clip(tmp_path / "a.mp4", frames=40), tmp_path / "out.mp4"
    with VideoReader(target) as reader:
        writer = opened(reader, out)
        for frame in reader:
            writer.notes = {"seen": frame.index}
            writer.write(frame)
        writer.discard()
        halved(tmp_path / "out.mp4.parts" / "000003.mp4")
        again = opened(reader, out)
        assert (again.next_frame, again.notes) == (21, {"seen": 20})
        again.discard()


@pytest.mark.parametrize("number", [0, 2])
def test_a_part_that_is_damaged_before_it_is_joined_is_told(tmp_path: Path, number: int) -> None:
    target, out = make_clip(tmp_path / "a.mp4", frames=40), tmp_path / "out.mp4"
    with VideoReader(target) as reader:
        writer = opened(reader, out)
        for frame in reader:
            writer.write(frame)
        halved(tmp_path / "out.mp4.parts" / f"00000{number}.mp4")
        with pytest.raises(MediaError, match=f"00000{number}.mp4, a part of .*out.mp4, is damaged.*again"):
            writer.close()
    assert not out.exists()
    assert copy(target, out)[0] == 7 * number
    assert presentation_times(out) == presentation_times(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "out.mp4"]


def test_a_first_part_that_cannot_be_finished_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: OutputFile, last: object = ()) -> None:
        self.discard()
        raise MediaError("cannot write it (No space left on device)", "make room")

    target = make_clip(tmp_path / "a.mp4", frames=5)
    with VideoReader(target) as reader:
        writer = opened(reader, tmp_path / "out.mp4")
        for frame in reader:
            writer.write(frame)
        with monkeypatch.context() as patch:
            patch.setattr(OutputFile, "close", full)
            with pytest.raises(MediaError, match="No space left"):
                writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    assert copy(target, tmp_path / "out.mp4")[0] == 0  # nor is it locked any more


@pytest.mark.parametrize("stop", [None, 7])
def test_rounded_times_are_told_once_of_the_output(tmp_path: Path, stop: int | None) -> None:
    """Also where only the frames of an earlier run had such times."""
    pts = [0, 3001, 6001, 9001, 12001, 15001, 18001, *(18090 + 900 * i for i in range(20))]
    target = make_clip(tmp_path / "a.mp4", time_base=Fraction(1, 90000), pts=pts)
    if stop is not None:
        copy(target, tmp_path / "out.mkv", stop=stop)
    first, writer = copy(target, tmp_path / "out.mkv")
    assert first == (stop or 0)
    assert writer.warnings == ["out.mkv: Matroska rounds times to milliseconds; .mp4 keeps them exact"]
    assert copy(target, tmp_path / "out.mp4")[1].warnings == []
    whole = make_clip(tmp_path / "b.mkv", time_base=Fraction(1, 1000), frames=20)
    assert copy(whole, tmp_path / "other.mkv")[1].warnings == []


def test_repaired_sound_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=20, audio=("aac",))
    close = OutputFile.close

    def repaired(self: OutputFile, last: tuple[()] = ()) -> None:
        close(self, last)
        for other in self._others:
            other.repaired = 3

    monkeypatch.setattr(OutputFile, "close", repaired)
    _, writer = copy(target, tmp_path / "out.mp4")
    assert writer.warnings == ["a.mp4: 3 audio packets had no usable time and were given one"]


NAMES = ["out.mp4", "out/%d.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no lock that ends with its process")
@pytest.mark.parametrize("name", NAMES)
def test_two_runs_do_not_write_one_output(tmp_path: Path, name: str) -> None:
    target, out = make_clip(tmp_path / "a.mp4", frames=30), tmp_path / name
    with VideoReader(target) as reader:
        first = open_writer(out, reader.info, key="a")
        for frame in reader:
            first.write(frame)
            if frame.index == 25:
                with pytest.raises(MediaError, match=f"another run is writing .*{name}: wait"):
                    open_writer(out, reader.info, key="b")
        first.close()
        first.discard()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", name.split("/")[0]]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no lock that ends with its process")
@pytest.mark.parametrize("name", NAMES)
def test_a_run_that_was_killed_holds_nothing(tmp_path: Path, name: str) -> None:
    target, out = make_clip(tmp_path / "a.mp4", frames=30), tmp_path / name
    code = f"""
import os, signal
from pathlib import Path
from understudy.media.any_writer import open_writer
from understudy.media.reader import VideoReader
with VideoReader(Path({str(target)!r})) as reader:
    writer = open_writer(Path({str(out)!r}), reader.info, key="a")
    for frame in reader:
        writer.write(frame)
    print("written", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == -9
    with VideoReader(target) as reader, open_writer(out, reader.info, key="a") as writer:
        assert writer.next_frame == (0 if name == "out.mp4" else 25)  # parts are of 500 frames there
        for frame in reader:
            if frame.index >= writer.next_frame:
                writer.write(frame)
    assert not list(tmp_path.rglob("*.parts"))
    assert out.exists() or len(list(out.parent.iterdir())) == 30


def test_what_others_put_beside_parts_of_images_stays(tmp_path: Path) -> None:
    target, out = make_clip(tmp_path / "a.mp4", frames=6), tmp_path / "out" / "f%02d.png"
    folder = out.parent / "f%02d.png.parts"
    for stop in (3, None):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "notes.txt").write_text("mine")
        (folder / "g01.png").write_text("mine, too")
        with VideoReader(target) as reader:
            writer = open_writer(out, reader.info, key="a" if stop else "b")
            for frame in reader:
                if frame.index == stop:
                    writer.discard()
                    break
                writer.write(frame)
            else:
                writer.close()
        assert sorted(path.name for path in folder.iterdir()) == ["g01.png", "notes.txt"]
    assert len(list(out.parent.glob("*.png"))) == 6
