"""Clips that speed is measured on, and the command that is measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

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


def make_camera_clip(path: Path, frames: int, name: str = "A_train") -> Path:
    """The same actor in 1920 x 1080, half the frame's height, with the grain of a camera."""
    rng = np.random.default_rng(0)
    grain = [rng.normal(0, 4, (1080, 1920, 1)).astype(np.int16) for _ in range(7)]
    with (
        as_file(files("understudy") / "assets" / "demo" / f"{name}.mp4") as clip,
        VideoReader(clip) as reader,
    ):
        info = reader.info
        images = [cv2.resize(f.image, (1080, 1080), interpolation=cv2.INTER_CUBIC) for f in reader]
    images += images[::-1]
    sizes = {"width_px": 1920, "coded_width_px": 1920, "height_px": 1080, "coded_height_px": 1080}
    step = round(1 / (25 * info.time_base))
    with VideoWriter(path, like=replace(info, **sizes)) as writer:
        for index in range(frames):
            wide = cv2.copyMakeBorder(images[index % len(images)], 0, 0, 420, 420, cv2.BORDER_REFLECT)
            image = np.clip(wide + grain[index % len(grain)], 0, 255).astype(np.uint8)
            writer.write(Frame(index=index, pts=index * step, time_base=info.time_base, image=image))
    return path


def repeat_clip(clip: Path, path: Path, times: int) -> Path:
    """A clip's pictures again and again, not encoded anew."""
    with av.open(str(path), "w") as output:
        stream = None
        for turn in range(times):
            with av.open(str(clip)) as source:
                video = source.streams.video[0]
                stream = stream or output.add_stream_from_template(video)
                for packet in source.demux(video):
                    if packet.size:
                        shift = turn * (video.duration or 0)
                        packet.pts, packet.dts = (packet.pts or 0) + shift, (packet.dts or 0) + shift
                        packet.stream = stream
                        output.mux(packet)
    return path


def decode_seconds(path: Path) -> float:
    """How long reading frames as RGB takes, which most that is done with footage starts with."""
    started = time.perf_counter()
    with VideoReader(path) as reader:
        for _ in reader:
            pass
    return time.perf_counter() - started


def bare_decode_seconds(path: Path) -> float:
    """How long the decoder alone takes, with as many threads as it likes."""
    started = time.perf_counter()
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        video.thread_type = "AUTO"
        for _ in container.decode(video):
            pass
    return time.perf_counter() - started


def understudy(*arguments: object) -> dict[str, Any]:
    """The JSON of a command in a process of its own, so that its peak memory is its own."""
    command = [sys.executable, "-m", "understudy", *map(str, arguments), "--json"]
    # compiled modules are kept, as they are at a user's
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=kept)
    return json.loads(done.stdout)
