"""How good a swap is after a fixed time: `understudy swap` and `evaluate` on one pair, as JSON.

python benchmarks/swap_quality.py --source S.mp4 --target T.mp4 --minutes 10 --work FOLDER
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from machine import about

import understudy


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, nargs="+", required=True)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--target-footage", type=Path, nargs="*", default=())
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--start", default="base")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    out = args.work / "out.mp4"
    swapped = understudy.swap(
        args.source,
        args.target,
        out,
        target_footage=args.target_footage,
        minutes=args.minutes,
        start=args.start,
        seed=args.seed,
    )
    figures = understudy.evaluate(
        out,
        args.target,
        source=swapped.production / "source.faceset",
        target_faceset=swapped.production / "target.faceset",
        truth=args.truth,
    )
    assert swapped.train is not None
    ssim = swapped.train.validation["ssim_in_mask"]
    mean_face = swapped.train.validation["mean_face_ssim_in_mask"]
    result = {
        "machine": about(),
        "pair": {"source": [p.name for p in args.source], "target": args.target.name},
        "minutes": args.minutes,
        "start": args.start,
        "steps": swapped.train.steps,
        "steps_per_s": swapped.train.steps_per_s,
        "seconds_in_all": swapped.seconds,
        "frames": swapped.frames,
        "swapped": swapped.swapped,
        "extract_fps": {name: part.fps for name, part in swapped.extract.items()},
        "convert_fps": swapped.fps,
        "peak_rss_mb": swapped.peak_rss_mb,
        "ssim_in_mask": ssim,
        "ssim_above_mean_face": {name: ssim[name] - mean_face[name] for name in ssim},
        "identity": figures.identity,
        "expression": figures.expression,
        "pose_deg": figures.pose_deg,
        "gaze_deg": figures.gaze_deg,
        "flicker": figures.flicker,
        "seam": figures.seam,
        "sync_ms": figures.sync_ms,
        "truth": figures.truth,
        "warnings": [*swapped.warnings, *figures.warnings],
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
