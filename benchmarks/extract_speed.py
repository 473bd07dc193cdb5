"""Extraction of a 512 x 512 clip with one face: frames a second against decoding alone, and memory by length.

    python benchmarks/extract_speed.py > benchmarks/results/extract_speed.json

Each extraction is a process of its own, so that peak memory is that of one length alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import cv2
from machine import about

from understudy.core.types import Frame
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter

SIDE_PX = 512
LENGTHS = (300, 1200)


def make_clip(path: Path, frames: int) -> None:
    """A rendered actor at 512 x 512, there and back again for as long as asked."""
    with (
        as_file(files("understudy") / "assets" / "demo" / "A_train.mp4") as clip,
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


def decode_fps(path: Path) -> float:
    """Frames a second of reading alone: the floor."""
    started = time.perf_counter()
    with VideoReader(path) as reader:
        count = sum(1 for _ in reader)
    return count / (time.perf_counter() - started)


def extract(path: Path, faceset: Path) -> dict[str, Any]:
    """The JSON of `understudy extract`."""
    command = [
        sys.executable,
        "-m",
        "understudy.cli.main",
        "extract",
        str(path),
        "--out",
        str(faceset),
        "--json",
    ]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Print one JSON object."""
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for frames in LENGTHS:
            clip = Path(folder) / f"{frames}.mp4"
            make_clip(clip, frames)
            result = extract(clip, Path(folder) / f"faces_{frames}")
            floor = decode_fps(clip)
            rows.append(
                {
                    "frames": frames,
                    "faces": result["faces"],
                    "fps": result["fps"],
                    "decode_fps": floor,
                    "share_of_decoding": result["fps"] / floor,
                    "peak_rss_mb": result["peak_rss_mb"],
                }
            )
    print(json.dumps({"machine": about(), "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
