"""What the watermark stands, what it changes, what it costs, and how often it is seen where there is none.

    python benchmarks/watermark.py --convert MODEL TARGET --mark PATH SCALE --unmarked PATH \
        > benchmarks/results/watermark.json

`--convert` converts a target twice without loss, with and without the mark. `--mark` marks the faces of
footage as they are, within a face's mask, as if they had been drawn: no network is needed, and many stretches
can be tried. What was marked is attacked, and its faces are found anew, as they would be in footage from
anywhere; each stretch carries another payload and begins at another time of the mark's period. What is
unmarked is looked at as footage would be, and again with many other keys: how often each p-value is reached,
which shall be at most as often as it says.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from machine import about
from watermark_attacks import ATTACKS
from watermark_unmarked import unmarked

from understudy import convert
from understudy.core.types import Frame, Image
from understudy.faces.face import Face
from understudy.faces.finder import FaceFinder
from understudy.media.footage import open_footage
from understudy.provenance.watermark_code import coded, payload_of
from understudy.provenance.watermark_detect import (
    Detection,
    Run,
    View,
    detection_in,
    evidence_in,
    left_over_in,
)
from understudy.provenance.watermark_embed import Watermark
from understudy.provenance.watermark_pattern import PERIOD_S, pattern
from understudy.provenance.watermark_read import soft_bits
from understudy.workflows import convert_frames
from understudy.workflows.verify_watermark import view_of

LENGTHS_S = (2, 4, 8)
COVERAGE = 1.25


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--convert", type=Path, nargs=2, action="append", metavar=("MODEL", "TARGET"))
    parser.add_argument("--mark", nargs=2, action="append", metavar=("PATH", "SCALE"))
    parser.add_argument("--unmarked", type=Path, nargs="*", default=[])
    parser.add_argument("--frames", type=int, default=250, help="looked at of each video that is marked")
    parser.add_argument("--unmarked-frames", type=int, default=10_000)
    parser.add_argument("--keys", type=int, default=100, help="other keys, for each unmarked stretch")
    args = parser.parse_args()
    finder, rng = FaceFinder(), np.random.default_rng(0)
    result: dict[str, Any] = {"machine": about(), "cost_ms": cost_ms()}
    result["conversions"] = [
        conversion(finder, model, target, args.frames) for model, target in args.convert or []
    ]
    result["marked"] = [
        marked(finder, Path(path), float(scale), args.frames, rng) for path, scale in args.mark or []
    ]
    if args.unmarked:
        result["unmarked"] = unmarked(finder, args.unmarked, args.unmarked_frames, args.keys)
    print(json.dumps(result, indent=1))


def conversion(finder: FaceFinder, model: Path, target: Path, frames: int) -> dict[str, Any]:
    """One target converted, and what is left of its mark after each attack."""
    with tempfile.TemporaryDirectory() as name:
        plain, with_mark = (Path(name, f"{each}.mp4") for each in ("plain", "marked"))
        payloads: list[int] = []
        with payload_spied(payloads):
            convert(target, model, plain, codec="h264", crf=0, watermark=False)
            convert(target, model, with_mark, codec="h264", crf=0)
        before, after, own = (
            [frame.image for frame in pictures(path, frames)] for path in (plain, with_mark, target)
        )
        times = [float(frame.time_s) for frame in pictures(with_mark, frames)]
    regions = [
        np.asarray(
            cv2.morphologyEx((a != c).any(axis=2).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5))), np.uint8
        )
        for a, c in zip(before, own, strict=True)
    ]
    psnr = [psnr_db(*each) for each in zip(before, after, regions, strict=True)]
    return attacked(finder, target.stem, after, times, payloads[-1]) | {"psnr_db": spread(psnr)}


def marked(
    finder: FaceFinder, path: Path, scale: float, frames: int, rng: np.random.Generator
) -> dict[str, Any]:
    """The faces of footage marked as they are, and what is left of that after each attack."""
    seen = list(finder.stream(scaled(pictures(path, frames), scale)))
    payload, begin_s = int(rng.integers(1 << 63)), float(rng.uniform(0, PERIOD_S))
    mark = Watermark(payload, size_px=256, coverage=COVERAGE)
    images, psnr = [], []
    for frame, faces in seen:
        time_s = float(frame.time_s) + begin_s
        image, mask = with_mark_in(frame.image, faces[0], mark, time_s) if faces else (frame.image, None)
        images.append(image)
        if mask is not None:
            psnr.append(psnr_db(frame.image, image, mask))
    times = [float(frame.time_s) for frame, _ in seen]
    return attacked(finder, path.stem, images, times, payload) | {"psnr_db": spread(psnr)}


def with_mark_in(image: Image, face: Face, mark: Watermark, time_s: float) -> tuple[Image, Image]:
    """A picture with a face marked, and (h, w) uint8 1 where most of it is shown."""
    size, side = 256, 256 / COVERAGE
    change = mark.marked(np.zeros((size, size, 3), np.float32), time_s=time_s, frame_px=face.square.side_px)
    mask = np.zeros((size, size), np.float32)
    matrix = face.square.crop_from_frame(size, COVERAGE)
    mesh = face.landmarks_px[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    hull = cv2.convexHull(np.rint(mesh).astype(np.int32))
    cv2.fillConvexPoly(mask, hull, (1.0,))
    soft = int(0.08 * side) | 1
    mask = cv2.blur(cv2.erode(mask, np.ones((soft, soft), np.uint8)), (soft, soft))
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    height, width = image.shape[:2]
    placed = cv2.warpAffine(change * (255 * mask[..., None]), matrix, (width, height), flags=flags)
    shown = cv2.warpAffine(mask, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.clip(np.rint(image + placed), 0, 255).astype(np.uint8), np.asarray(shown > 0.5, np.uint8)


def attacked(
    finder: FaceFinder, name: str, images: Sequence[Image], times: Sequence[float], payload: int
) -> dict[str, Any]:
    """What is left of a mark after each attack."""
    rate = round(1 / float(np.median(np.diff(times))))
    row: dict[str, Any] = {
        "footage": name,
        "frames": len(images),
        "rate": rate,
        "attacks": {},
    }
    sides: list[float] = []
    for attack_name, attack in ATTACKS.items():
        seen = views(finder, attack(images, rate), times, rate, sides)
        row["attacks"][attack_name] = [
            found(stretches, payload) | {"seconds": length}
            for length in LENGTHS_S
            if (stretches := stretched(seen, length * rate))
        ]
        print(
            name, sides[0], attack_name, json.dumps(row["attacks"][attack_name]), file=sys.stderr, flush=True
        )
    return row | {
        "face_side_px": float(np.median(sides[: len(images)]))
    }  # of the first attack, which is none


@contextmanager
def payload_spied(payloads: list[int]) -> Generator[None]:
    """Notes which payload conversion uses."""
    made = convert_frames.payload_of

    def spy(said: str) -> int:
        payloads.append(made(said))
        return payloads[-1]

    convert_frames.payload_of = spy
    try:
        yield
    finally:
        convert_frames.payload_of = made


def stretched(seen: Sequence[View], length: int) -> list[list[View]]:
    """Stretches of a length, one after the other; the last may be a little short where footage is."""
    starts = range(0, max(1, len(seen) - length + 1), length)
    return [list(seen[start : start + length]) for start in starts if len(seen) >= 0.95 * length]


def found(stretches: Sequence[Sequence[View]], payload: int) -> dict[str, Any]:
    """How often the mark is found in them, and its payload read."""
    rows = [(runs, detection_in(runs, pattern())) for each in stretches if (runs := left_over_in(each))]
    finds = [detection for _, detection in rows]
    return {
        "stretches": len(rows),
        "found": sum(row.found for row in finds),
        "payload_read": sum(row.payload == payload for row in finds),
        "payload_wrong": sum(row.payload not in (None, payload) for row in finds),
        "coded_bits_right": [round(bits_right(*row, payload), 4) for row in rows],
        "scores": [round(row.score, 2) for row in finds],
    }


def bits_right(runs: Sequence[Run], detection: Detection, payload: int) -> float:
    """Share of the coded bits that are read right before they are corrected."""
    evidence = evidence_in(runs, pattern(), is_mirrored=detection.is_mirrored)
    return float((soft_bits(pattern(), evidence, detection.clock_s) * coded(payload) > 0).mean())


def views(
    finder: FaceFinder, images: Sequence[Image], times: Sequence[float], rate: int, sides: list[float]
) -> list[View]:
    """The largest face of each picture, found anew; the sides of the face squares are noted."""
    seen: list[View] = []
    for frame, faces in finder.stream(as_frames(images, rate)):
        if faces:
            seen.append(view_of(faces[0], frame.image, times[frame.index]))
            sides.append(faces[0].square.side_px)
    return seen


def pictures(path: Path, most: int) -> Iterator[Frame]:
    """The first frames."""
    with open_footage(path) as footage:
        yield from islice(footage, most)


def scaled(frames: Iterable[Frame], scale: float) -> Iterator[Frame]:
    """Frames made smaller."""
    for frame in frames:
        image = frame.image
        if scale < 1:
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        height, width = (length - length % 2 for length in image.shape[:2])
        image = np.ascontiguousarray(image[:height, :width], np.uint8)
        yield Frame(index=frame.index, pts=frame.pts, time_base=frame.time_base, image=image)


def as_frames(images: Iterable[Image], rate: int) -> Iterator[Frame]:
    """Pictures as frames of a video."""
    for index, image in enumerate(images):
        yield Frame(index=index, pts=index, time_base=Fraction(1, rate), image=image)


def psnr_db(before: Image, after: Image, region: Image) -> float:
    """Of red, green and blue in a region."""
    change = np.square(before.astype(np.float64) - after)[region > 0]
    return 10 * math.log10(255**2 / max(1e-9, float(change.mean())))


def spread(values: Sequence[float]) -> dict[str, float]:
    """Mean and least."""
    return {"mean": float(np.mean(values)), "least": float(np.min(values))}


def cost_ms(size_px: int = 128) -> float:
    """Milliseconds a face."""
    face = np.full((size_px, size_px, 3), 0.5, np.float32)
    watermark = Watermark(payload_of("cost"), size_px=size_px, coverage=COVERAGE)
    times: list[float] = []
    for number in range(200):
        begun = time.perf_counter()
        watermark.marked(face, time_s=number / 25)
        times.append(time.perf_counter() - begun)
    return 1000 * float(np.median(times))


if __name__ == "__main__":
    main()
