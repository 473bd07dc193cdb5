"""Extraction that is killed, runs out of disk or may not write: what is there, and how it goes on."""

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from limits import an_ordinary_user, enlarge, small_disk
from understudy.core.errors import UnderstudyError
from understudy.core.types import Frame
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.workflows import extract
from understudy.workflows.configs import ExtractConfig

KILLS = 20
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
    shown = [takes[turn % 2][i] for turn in range(32) for i in range(48)]
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
    process = start(footage, calm)
    first_s = seconds_to_first_crop(process, calm)
    assert process.wait() == 0
    moments = random.Random(7)
    reached: list[int] = []
    for _ in range(KILLS):
        process = start(footage, killed)
        # crops are written a segment at a time: one kill in five or so comes while or after they are
        time.sleep(first_s * moments.uniform(0.2, 1.2))
        assert process.poll() is None, f"it was through after {len(reached)} kills: {reached}"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        reached.append(frames_done(killed))
    assert start(footage, killed).wait() == 0
    assert reached == sorted(reached)
    assert len(set(reached)) > 2, f"the kills came at one place: {reached}"
    assert content(killed) == content(calm)


def start(footage: Path, faceset: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "understudy", "extract", str(footage), "--out", str(faceset)]
    command += ["--identity", "someone"]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def seconds_to_first_crop(process: subprocess.Popen[bytes], faceset: Path) -> float:
    started = time.monotonic()
    while process.poll() is None and not any((faceset / "crops").glob("*.jpg")):
        time.sleep(0.02)
    return time.monotonic() - started


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
