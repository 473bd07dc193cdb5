"""Extraction of a 512 x 512 clip with one face: frames a second against decoding alone, and memory by length.

    python benchmarks/extract_speed.py > benchmarks/results/extract_speed.json

Each extraction is a process of its own, so that peak memory is that of one length alone.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from machine import about
from made_clips import decode_seconds, make_clip, understudy

LENGTHS = (300, 1200)


def main() -> None:
    """Print one JSON object."""
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for frames in LENGTHS:
            clip = make_clip(Path(folder) / f"{frames}.mp4", frames)
            result = understudy("extract", clip, "--out", Path(folder) / f"faces_{frames}")
            floor = frames / decode_seconds(clip)
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
