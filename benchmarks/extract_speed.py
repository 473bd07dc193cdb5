"""Extraction of footage with one face: frames a second, against decoding alone, and memory by length.

    python benchmarks/extract_speed.py [--clip CLIP ...] [--hour] > benchmarks/results/extract_speed.json

Each extraction is a process of its own, so that peak memory is that of one length alone; its time is that of
the whole command, from start to exit. Clips of one's own, of any size, come after the made ones; --hour adds
90,000 frames, made by repeating a clip.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import about
from made_clips import (
    bare_decode_seconds,
    decode_seconds,
    make_camera_clip,
    make_clip,
    repeat_clip,
    understudy,
)

LENGTHS = (300, 1200)
HOUR_FRAMES = 90_000


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clip", type=Path, nargs="*", default=[], help="footage of one's own, one face")
    parser.add_argument("--hour", action="store_true", help="an hour at 512 x 512, for its memory")
    args = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for frames in LENGTHS:
            clip = make_clip(folder / f"{frames}.mp4", frames)
            rows.append(measured(f"512 x 512, {frames} frames", clip, folder))
        camera = repeat_clip(make_camera_clip(folder / "c.mp4", 300), folder / "camera.mp4", 4)
        rows.append(measured("1920 x 1080, grain of a camera", camera, folder))
        for number, own in enumerate(args.clip):
            long = repeat_clip(own, folder / f"own_{number}{own.suffix}", 3)
            rows.append(measured(f"{own.name}, three times", long, folder))
        if args.hour:
            short = make_clip(folder / "short.mp4", 300)
            hour = repeat_clip(short, folder / "hour.mp4", HOUR_FRAMES // 300)
            rows.append(measured("512 x 512, an hour", hour, folder))
    print(json.dumps({"machine": about(), "rows": rows}, indent=1))


def measured(name: str, clip: Path, folder: Path) -> dict[str, Any]:
    """Decode a clip, then extract it."""
    bare, rgb = bare_decode_seconds(clip), decode_seconds(clip)
    started = time.perf_counter()
    result = understudy("extract", clip, "--out", folder / f"faces_{clip.stem}")
    command = time.perf_counter() - started
    frames = result["frames"]
    return {
        "clip": name,
        "megabits_a_second": clip.stat().st_size * 8e-6 / (frames / 25),
        "frames": frames,
        "faces": result["faces"],
        "fps": result["fps"],
        "command_s": command,
        "decoder_fps": frames / bare,
        "rgb_fps": frames / rgb,
        "command_over_decoder": command / bare,
        "command_over_rgb": command / rgb,
        "peak_rss_mb": result["peak_rss_mb"],
    }


if __name__ == "__main__":
    main()
