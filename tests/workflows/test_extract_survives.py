"""Extraction that is killed, runs out of disk or may not write: what is there, and how it goes on."""

import contextlib
import random
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from forked import ended, start_forked
from limits import an_ordinary_user, enlarge, small_disk
from understudy.core.errors import UnderstudyError
from understudy.core.types import Frame
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.workflows import extract
from understudy.workflows.configs import ExtractConfig

# when the 20 kills come: told by what is on the disk, as a clock alone goes wrong beside other work
MOMENTS = ["any time", "any time", "writing crops", "any time", "segment stored", "any time"] * 3
MOMENTS += ["any time", "judging"]
# a quarter of what it is, so that a quarter as many frames make as many segments
SEGMENT_FRAMES = extract.SEGMENT_FRAMES // 4
TABLES = ("sources", "tracks", "faces", "landmarks", "identities", "quality")


@pytest.fixture(scope="module")
def footage(clips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six segments and a piece of one, of two actors that take turns."""
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    takes: list[list[Frame]] = []
    for clip in clips.values():
        with VideoReader(clip) as reader:
            info, frames = reader.info, list(reader)
        takes.append(frames)
    assert takes[0][0].image.shape == takes[1][0].image.shape
    shown = [takes[turn % 2][i] for turn in range(8) for i in range(48)]
    step = takes[0][1].pts - takes[0][0].pts
    with VideoWriter(path, like=info) as writer:
        for index, frame in enumerate(shown):
            writer.write(Frame(index=index, pts=index * step, time_base=info.time_base, image=frame.image))
    return path


def content(faceset: Path) -> dict[str, Any]:
    """All that is in a faceset but when it was made."""
    with contextlib.closing(sqlite3.connect(faceset / "faces.sqlite")) as db:
        rows = {table: db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in TABLES}
    rows["sources"] = [(row[0], *row[2:]) for row in rows["sources"]]  # all but where it lies
    crops = {file.name: file.read_bytes() for file in sorted((faceset / "crops").iterdir())}
    return {**rows, "crops": crops}


def test_twenty_kills_end_with_the_faceset_of_an_undisturbed_run(footage: Path, tmp_path: Path) -> None:
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    assert ended(start_forked(["--version"])) == 0  # from here on all is imported
    process = start(footage, calm)
    first_s = seconds_to(process, lambda: crops_in(calm) > 0)
    assert ended(process) == 0
    end = frames_done(calm)

    dice = random.Random(7)
    reached: list[int] = []
    for moment in MOMENTS:
        crops, stored = crops_in(killed), frames_done(killed)
        more = dice.randrange(1, 30)
        process = start(footage, killed)
        if moment == "any time":
            seconds_to(process, lambda was=crops: crops_in(killed) > was, at_most_s=first_s * dice.random())
        elif moment == "writing crops":
            seconds_to(process, lambda enough=crops + more: crops_in(killed) >= enough)
        elif moment == "segment stored":
            seconds_to(process, lambda was=stored: frames_done(killed) > was)
        else:
            seconds_to(process, lambda: frames_done(killed) == end)
        assert process.is_alive() or moment == "judging", f"it was through after {reached}"
        process.kill()
        process.join()
        reached.append(frames_done(killed))
    assert reached == sorted(reached)
    assert len(set(reached)) > 3, f"the kills came at one place: {reached}"
    assert ended(start(footage, killed)) == 0
    assert content(killed) == content(calm)


def start(footage: Path, faceset: Path) -> BaseProcess:
    arguments = ["extract", str(footage), "--out", str(faceset), "--identity", "someone"]
    return start_forked(arguments, extract__SEGMENT_FRAMES=SEGMENT_FRAMES)


def seconds_to(process: BaseProcess, reached: Callable[[], bool], *, at_most_s: float = 60.0) -> float:
    """How long it took until something was reached, the process ended or the time was over."""
    started = time.monotonic()
    while process.is_alive() and time.monotonic() - started < at_most_s and not reached():
        time.sleep(0.005)
    return time.monotonic() - started


def crops_in(faceset: Path) -> int:
    return sum(1 for _ in (faceset / "crops").glob("*.jpg"))


def frames_done(faceset: Path) -> int:
    if not (faceset / "faces.sqlite").exists():
        return 0
    with contextlib.closing(sqlite3.connect(faceset / "faces.sqlite")) as db:
        try:
            return db.execute("SELECT coalesce(max(next_frame), 0) FROM sources").fetchone()[0]
        except sqlite3.OperationalError:  # killed before the tables were there
            return 0


@pytest.mark.parametrize("size_kb", [40, 200, 1200])
def test_a_full_disk_is_said_and_the_same_command_goes_on(
    clips: dict[str, Path], facesets: tuple[Path, Path], tmp_path: Path, size_kb: int
) -> None:
    with small_disk(tmp_path / "disk", size_kb) as disk:
        config = ExtractConfig(footage=(clips["source"],), faceset=disk / "faces", identity="source")
        with pytest.raises(UnderstudyError, match=r"(?s)full|space") as caught:
            extract.run(config)
        assert "\n" not in str(caught.value).strip().replace("\nnext:", "")
        enlarge(disk, 50_000)
        extract.run(config)
        assert content(disk / "faces") == content(facesets[0])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no read-only folders")
def test_a_folder_that_may_not_be_written_is_said_and_the_same_command_goes_on(
    clips: dict[str, Path], facesets: tuple[Path, Path]
) -> None:
    with TemporaryDirectory() as folder:  # tmp_path is its owner's alone
        locked, clip = Path(folder) / "locked", Path(folder) / "source.mp4"
        shutil.copy(clips["source"], clip)
        locked.mkdir()
        config = ExtractConfig(footage=(clip,), faceset=locked / "faces", identity="source")
        Path(folder).chmod(0o755)
        locked.chmod(0o555)
        with an_ordinary_user(), pytest.raises(UnderstudyError, match=r"writable|ermission"):
            extract.run(config)
        assert list(locked.iterdir()) == []
        locked.chmod(0o755)
        extract.run(config)
        assert content(locked / "faces") == content(facesets[0])
