"""Clips that speed is measured on, and the command that is measured."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import cv2

from understudy.core.types import Frame
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter

SIDE_PX = 512


def make_clip(path: Path, frames: int, name: str = "A_train") -> Path:
    """A rendered actor at 512 x 512, there and back again for as long as asked."""
    with (
        as_file(files("understudy") / "assets" / "demo" / f"{name}.mp4") as clip,
        VideoReader(clip) as reader,
    ):
        info = reader.info
        images = [cv2.resize(f.image, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC) for f in reader]
    images += images[::-1]
    sides = dict.fromkeys(("width_px", "height_px", "coded_width_px", "coded_height_px"), SIDE_PX)
    step = round(1 / (25 * info.time_base))
    with VideoWriter(path, like=replace(info, **sides)) as writer:
        for index in range(frames):
            image = images[index % len(images)]
            writer.write(Frame(index=index, pts=index * step, time_base=info.time_base, image=image))
    return path


def decode_seconds(path: Path) -> float:
    """How long reading alone takes: the floor."""
    started = time.perf_counter()
    with VideoReader(path) as reader:
        for _ in reader:
            pass
    return time.perf_counter() - started


def understudy(*arguments: object) -> dict[str, Any]:
    """The JSON of a command in a process of its own, so that its peak memory is its own."""
    command = [sys.executable, "-m", "understudy", *map(str, arguments), "--json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
