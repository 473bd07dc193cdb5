"""Evaluation of a 512 x 512 clip: frames a second against decoding both videos alone, and peak memory.

    python benchmarks/evaluate_speed.py > benchmarks/results/evaluate_speed.json

The time is that of the whole command, the start of Python included.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from pathlib import Path

from machine import about
from made_clips import decode_seconds, make_clip, understudy

FRAMES = 600


def main() -> None:
    """Print one JSON object."""
    with tempfile.TemporaryDirectory() as folder:
        # B really doing what A does stands in for a swap
        target, output, footage = (
            make_clip(Path(folder) / f"{name}.mp4", frames, name)
            for name, frames in (("A_testA", FRAMES), ("BhA_testA", FRAMES), ("B_train", 100))
        )
        faceset = understudy("extract", footage, "--out", Path(folder) / "B.faceset")["faceset"]
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        result = understudy("evaluate", output, "--target", target, "--source", faceset)
        seconds = time.perf_counter() - started
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        floor = decode_seconds(target) + decode_seconds(output)
    fps, decode_fps = result["frames"] / seconds, result["frames"] / floor
    cpu_s = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    figures = {
        "frames": result["frames"],
        "faces": result["faces"],
        "fps": fps,
        "decode_both_fps": decode_fps,
        "share_of_decoding": fps / decode_fps,
        "cpu_ms_a_frame": 1000 * cpu_s / result["frames"],
        "peak_rss_mb": result["peak_rss_mb"],
    }
    print(json.dumps({"machine": about(), **figures}, indent=1))


if __name__ == "__main__":
    main()
