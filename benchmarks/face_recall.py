"""Faces found in real footage against labels made by eye, in every frame: results/face_recall.json and .md.

    python benchmarks/face_recall.py --data ../shared/data

Labels and count are those of the tests (tests/faces/visible_faces.json), which look at fewer frames.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2
from machine import about

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from faces.visible_faces import Tally, labelled_clips, look  # noqa: E402
from understudy.faces.finder import FaceFinder  # noqa: E402


def main() -> None:
    """Write both files and print the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder that holds video/ and hard/")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    finder = FaceFinder()
    rows: list[dict[str, Any]] = []
    total = Tally()
    for clip in labelled_clips():
        started = time.process_time()
        seen = look(clip, args.data, finder, quick=False)
        seconds = time.process_time() - started
        total.add(seen)
        rows.append({"clip": clip.name, **_row(seen), "cpu_ms_a_frame": 1000 * seconds / seen.frames})
        print(clip.name, file=sys.stderr)
    result = {"machine": about(), "total": _row(total), "clips": rows}
    (HERE / "results/face_recall.json").write_text(json.dumps(result, indent=1) + "\n")
    (HERE / "results/face_recall.md").write_text(_markdown(result))
    print(json.dumps(result, indent=1))


def _row(seen: Tally) -> dict[str, Any]:
    return {
        "frames": seen.frames,
        "frontal": seen.frontal,
        "frontal_found": seen.frontal_found,
        "hard": seen.hard,
        "hard_found": seen.hard_found,
        "false_faces": seen.false_faces,
        "missed_in": seen.missed,
        "false_in": seen.wrong,
    }


def _markdown(result: dict[str, Any]) -> str:
    lines = [
        "# Faces found in real footage",
        "",
        "Found of visible, in the frames labelled by eye; false faces in all frames. CPU time is of decoding",
        "and finding.",
        "",
        "| clip | frames | frontal | hard | false | CPU ms a frame |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in (*result["clips"], {"clip": "**all**", **result["total"]}):
        cost = f"{row['cpu_ms_a_frame']:.1f}" if "cpu_ms_a_frame" in row else ""
        lines.append(
            f"| {row['clip']} | {row['frames']} | {row['frontal_found']}/{row['frontal']} "
            f"| {row['hard_found']}/{row['hard']} | {row['false_faces']} | {cost} |"
        )
    machine = result["machine"]
    lines += [
        "",
        f"{machine['cpu']}, {machine['cores']} cores, commit {machine['commit']}, {machine['when']}.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
