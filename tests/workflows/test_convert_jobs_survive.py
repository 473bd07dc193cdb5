"""A kill of the process that was started: those that help end, and what they finished is gone on with."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from understudy.core.events import Event, Notice
from understudy.media.reader import VideoReader
from understudy.media.stretches import stretch_path, stretches_of
from understudy.workflows import convert
from understudy.workflows.configs import ConvertConfig

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")

_WORKER = Path(__file__).with_name("short_parts_worker.py")
_CODE = """
import sys
from pathlib import Path
from understudy.workflows import convert, convert_plan, convert_team
from understudy.workflows.configs import ConvertConfig
convert_plan.LEAST_FRAMES = 10
convert_team._COMMAND = (sys.executable, {worker!r}, "40", "46", "wait")
target, model, faces, out = map(Path, sys.argv[1:])
look = dict(crf=0, colour="lab", watermark=False)
convert.run(ConvertConfig(target=target, model=model, faces=(faces,), out=out, jobs=2, **look))
"""


def until(reached: Callable[[], bool], what: str) -> None:
    started = time.monotonic()
    while not reached():
        assert time.monotonic() - started < 180, what
        time.sleep(0.05)


def children_of(pid: int) -> list[int]:
    files = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in files for child in file.read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_kill_ends_all_and_loses_no_finished_part(
    clips: dict[str, Path], facesets: tuple[Path, Path], model: Path, tmp_path: Path
) -> None:
    out, calm = tmp_path / "out.mp4", tmp_path / "calm.mp4"
    arguments = [clips["target"], model, facesets[1], out]
    code = _CODE.format(worker=str(_WORKER))
    parent = subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)])

    def is_half_done() -> bool:
        assert parent.poll() is None
        firsts = stretches_of(out)
        places = [stretch_path(out, first) for first in firsts]
        return len(firsts) == 2 and all(
            any((place.parent / f"{place.name}.parts").glob("000001.mp4")) for place in places
        )

    helpers: list[int] = []
    try:
        until(is_half_done, "both have finished two parts")
        helpers = children_of(parent.pid)
        assert len(helpers) == 2
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    until(lambda: not any(map(is_running, helpers)), "they end when their parent has")
    heard: list[Event] = []
    config = ConvertConfig(
        target=clips["target"],
        model=model,
        faces=(facesets[1],),
        out=out,
        crf=0,
        colour="lab",
        watermark=False,
    )
    result = convert.run(config, heard.append)
    told = next(each.message for each in heard if isinstance(each, Notice) and "goes on" in each.message)
    assert int(told.split("stopped: ")[1].split()[0]) >= 30
    assert (result.frames, result.swapped) == (48, 48)
    convert.run(ConvertConfig(**{**vars(config), "out": calm}))
    with VideoReader(out) as one, VideoReader(calm) as other:
        for a, b in zip(one, other, strict=True):
            assert np.array_equal(a.image, b.image)
