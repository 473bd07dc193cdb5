"""How exact landmarks are beside the reference program's, and how steady crops: results/landmark_accuracy.*.

    python benchmarks/landmark_accuracy.py pictures PICTURES
    REFERENCE/bin/python benchmarks/landmark_reference.py PICTURES reference.json
    python benchmarks/landmark_accuracy.py score reference.json

The second line runs in an environment of its own; that script says how it is made.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from crop_steadiness import (
    crop_path,
    lag_frames,
    moved,
    onset_error_px,
    raw_and_smooth,
    unsmoothed_finder,
    write_noisy,
)
from landmark_truth import (
    TEST_CLIPS,
    TRAINING_CLIPS,
    Truth,
    photographs,
    rendered,
    rendered_truths,
    vertex_pairs,
)
from machine import about

from understudy.core.types import Frame, Image
from understudy.faces.finder import FaceFinder
from understudy.media.images import write_image
from understudy.media.reader import VideoReader

RESULTS = Path(__file__).parent / "results"
SHARED = Path(__file__).parents[2] / "shared"
STILLS = ("A_testA", "B_testB", "C_train")
STILL_FRAMES, CLIP_FRAMES = 100, 300
ONSET, SPEEDS_PX = 45, (1.0, 2.0, 4.0)  # first moving frame; pixels of the frame a frame


def main() -> None:
    """Write the pictures, or score what the reference found in them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=("pictures", "score"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--shared", type=Path, default=SHARED)
    args = parser.parse_args()
    if args.step == "pictures":
        args.path.mkdir(parents=True, exist_ok=True)
        for name, image in _pictures(args.shared):
            write_image(args.path / f"{name.replace('/', '+')}.png", image)
        return
    result = {"machine": about(), **_accuracy(args.shared, args.path), **_steadiness(args.shared)}
    (RESULTS / "landmark_accuracy.json").write_text(json.dumps(result, indent=1) + "\n")
    (RESULTS / "landmark_accuracy.md").write_text(_table(result))
    print(_table(result))


def _pictures(shared: Path) -> Iterator[tuple[str, Image]]:
    yield from ((name, image) for name, image, _ in photographs(shared))
    yield from rendered(shared, (*TRAINING_CLIPS, *TEST_CLIPS))


def _accuracy(shared: Path, reference: Path) -> dict[str, Any]:
    """Errors of every face, ours and the reference's, and the pairs they were taken at."""
    stored = json.loads(reference.read_text())
    theirs = {
        name.replace("+", "/"): [np.array(face) for face in faces] for name, faces in stored["faces"].items()
    }
    pairs = vertex_pairs(shared, theirs)
    finder = FaceFinder()
    faces: list[dict[str, Any]] = []
    known = rendered_truths(shared, TEST_CLIPS, pairs)
    pictures = [*photographs(shared)]
    pictures += [(n, i, [t for t in known if t.picture == n]) for n, i in rendered(shared, TEST_CLIPS)]
    for name, image, truths in pictures:
        ours = landmarks_of_picture(finder, image)
        faces += [_row(truth, truth.error(ours), truth.error(theirs[name])) for truth in truths]
    return {"reference": stored["program"], "pairs": pairs, "faces": faces}


def landmarks_of_picture(finder: FaceFinder, image: Image) -> list[np.ndarray]:
    """(468, 3) landmarks of each face of a picture by itself."""
    frame = Frame(index=0, pts=0, time_base=Fraction(1, 25), image=image)
    return [face.landmarks_px for _, faces in finder.stream([frame]) for face in faces]


def _row(truth: Truth, ours: float | None, reference: float | None) -> dict[str, Any]:
    return {"group": truth.group, "picture": truth.picture, "ours": ours, "reference": reference}


def _steadiness(shared: Path) -> dict[str, Any]:
    """Figures of noisy stills, of starts of movements, and of real clips."""
    finder = unsmoothed_finder()
    stills: dict[str, Any] = {}
    with TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        for name, image in _stills(shared):
            write_noisy(clip, [image] * STILL_FRAMES)
            raw, smooth = map(crop_path, raw_and_smooth(_frames(clip), finder)[0])
            stills[name] = {"raw_px": raw.wander_px, "smooth_px": smooth.wander_px}
            stills[name]["onset"] = {}
            for speed in SPEEDS_PX:
                shifts_px = starting(speed)
                write_noisy(clip, moved(image, shifts_px))
                paths = map(crop_path, raw_and_smooth(_frames(clip), finder)[0])
                raw_off, smooth_off = (onset_error_px(path, shifts_px, ONSET) for path in paths)
                stills[name]["onset"][speed] = {"raw_px": raw_off, "smooth_px": smooth_off}
    clips: dict[str, Any] = {}
    for path in sorted((shared / "data" / "video" / "expressive").glob("*.mp4")):
        raw, smooth = map(crop_path, raw_and_smooth(_frames(path), finder)[0])
        clips[path.stem] = {
            "raw_px": raw.fast_px,
            "smooth_px": smooth.fast_px,
            "lag_frames": lag_frames(raw, smooth),
        }
    return {"stills": stills, "clips": clips}


def starting(speed_px: float, frames: int = 70) -> np.ndarray:
    """(n, 2) shifts of a face that rests until `ONSET` and is at its speed, to the right, 4 frames later."""
    speeds = np.clip((np.arange(frames) - ONSET + 1) / 4, 0, 1) * speed_px
    return np.stack([np.cumsum(speeds), np.zeros(frames)], axis=1)


def _stills(shared: Path) -> Iterator[tuple[str, Image]]:
    for name in STILLS:
        yield name, next(image for _, image in rendered(shared, (name,)))
    for name, image, truths in photographs(shared):
        if truths[0].group == "aflw2000":
            yield name, image


def _frames(path: Path) -> Iterable[Frame]:
    with VideoReader(path) as reader:
        yield from islice(reader, CLIP_FRAMES)


def _table(result: dict[str, Any]) -> str:
    return "\n".join([*_accuracy_lines(result), "", *_still_lines(result), "", *_clip_lines(result), ""])


def _accuracy_lines(result: dict[str, Any]) -> list[str]:
    lines = [
        f"At {result['machine']['commit']}, beside {result['reference']} (FaceMesh, static, refined)."
        " Errors are of faces that both find.",
        "",
        "| set | faces | found | by the reference | NME, % | the reference's, % | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for group in dict.fromkeys(face["group"] for face in result["faces"]):
        rows = [face for face in result["faces"] if face["group"] == group]
        both = [row for row in rows if None not in (row["ours"], row["reference"])]
        ours, theirs = (100 * np.mean([row[key] for row in both]) for key in ("ours", "reference"))
        found = [sum(row[key] is not None for row in rows) for key in ("ours", "reference")]
        cells = [group, len(rows), *found, f"{ours:.2f}", f"{theirs:.2f}", f"{ours / theirs:.3f}"]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def _still_lines(result: dict[str, Any]) -> list[str]:
    speeds = " | ".join(f"start at {speed:g} px a frame" for speed in SPEEDS_PX)
    lines = [
        "Stills as noisy video, and the same picture that starts to move: px of the crop at 256 px,"
        " unsmoothed > smoothed.",
        "",
        f"| still | RMS | {speeds} |",
        "| --- | --- |" + " --- |" * len(SPEEDS_PX),
    ]
    for name, still in result["stills"].items():
        cells = [still, *still["onset"].values()]
        lines.append(
            f"| {name} | " + " | ".join(f"{c['raw_px']:.2f} > {c['smooth_px']:.2f}" for c in cells) + " |"
        )
    return lines


def _clip_lines(result: dict[str, Any]) -> list[str]:
    lines = [
        "Real clips: RMS of what moves faster than a quarter of the frame rate, px of the crop at 256 px.",
        "",
        "| clip | unsmoothed | smoothed | ratio | lag, frames |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, clip in result["clips"].items():
        raw, smooth = clip["raw_px"], clip["smooth_px"]
        lines.append(
            f"| {name} | {raw:.2f} | {smooth:.2f} | {smooth / raw:.2f} | {clip['lag_frames']:+.2f} |"
        )
    return lines


if __name__ == "__main__":
    main()
