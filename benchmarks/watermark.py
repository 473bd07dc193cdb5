"""What the watermark stands, what it changes, what it costs, and how often it is seen where there is none.

    python benchmarks/watermark.py --convert MODEL TARGET --unmarked PATH > benchmarks/results/watermark.json

Each target is converted twice without loss, with and without the mark. What was marked is attacked, and its
faces are found anew, as they would be in footage from anywhere; stretches of several lengths are looked at,
each beginning at another time of the video. What is unmarked is read at several places and with all readings:
how often a score is exceeded, against the bound that is claimed for it; and some of it is searched as footage
would be.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from machine import about

from understudy import convert
from understudy.core.types import Frame, Image
from understudy.faces.crop import cut
from understudy.faces.finder import FaceFinder
from understudy.media.footage import expand_footage, open_footage
from understudy.provenance.watermark_align import VIEW_COVERAGE, VIEW_PX, Place, lumas_of
from understudy.provenance.watermark_code import coded, payload_of
from understudy.provenance.watermark_detect import Detection, View, detect
from understudy.provenance.watermark_embed import Watermark
from understudy.provenance.watermark_pattern import pattern
from understudy.provenance.watermark_read import Reader, chance, evidence_of
from understudy.workflows import convert as convert_workflow

LENGTHS = (1, 50, 120)  # frames
RATE = 25
BOUNDS = (2.0, 3.0, 4.0, 5.0)
Attack = Callable[[list[Image]], list[Image]]


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--convert", type=Path, nargs=2, action="append", metavar=("MODEL", "TARGET"))
    parser.add_argument("--unmarked", type=Path, nargs="*", default=[])
    parser.add_argument("--frames", type=int, default=150, help="looked at of each conversion")
    parser.add_argument("--unmarked-frames", type=int, default=10_000)
    parser.add_argument("--searched", type=int, default=100, help="unmarked frames that are searched")
    parser.add_argument("--stretches", type=int, default=6, help="of each length, conversion and attack")
    args = parser.parse_args()
    finder = FaceFinder()
    result: dict[str, Any] = {"machine": about(), "cost_ms": cost_ms()}
    result["conversions"] = [
        conversion(finder, model, target, args.frames, args.stretches) for model, target in args.convert or []
    ]
    if args.unmarked:
        result["unmarked"] = unmarked(finder, args.unmarked, args.unmarked_frames, args.searched)
    print(json.dumps(result, indent=1))


def conversion(finder: FaceFinder, model: Path, target: Path, frames: int, stretches: int) -> dict[str, Any]:
    """One target converted, and what is left of its mark after each attack."""
    with tempfile.TemporaryDirectory() as name:
        plain, marked = (Path(name, f"{each}.mp4") for each in ("plain", "marked"))
        convert(target, model, plain, codec="h264", crf=0)
        payloads: list[int] = []
        with payload_spied(payloads):
            convert(target, model, marked, codec="h264", crf=0, watermark=True)
        before, after, own = (list(pictures(path, frames)) for path in (plain, marked, target))
        with open_footage(marked) as footage:
            times = [float(frame.time_s) for frame in islice(footage, frames)]
    sides = [faces[0].square.side_px for _, faces in finder.stream(as_frames(after)) if faces]
    psnr = [psnr_db(*each) for each in zip(before, after, own, strict=True)]
    truth = detect(views(finder, after, times))
    payload = payloads[0]
    row: dict[str, Any] = {
        "target": target.stem,
        "size_px": [after[0].shape[1], after[0].shape[0]],
        "face_side_px": float(np.median(sides)),
        "psnr_db": {"mean": float(np.mean(psnr)), "least": float(np.min(psnr))},
        "payload_is_read_unattacked": truth is not None and truth.payload == payload,
        "attacks": {},
    }
    for name, attack in ATTACKS.items():
        seen = views(finder, attack(after), times)
        row["attacks"][name] = [
            found(stretched(seen, length, stretches), payload) | {"frames": length}
            for length in LENGTHS
            if length <= len(seen)
        ]
        print(target.stem, name, json.dumps(row["attacks"][name]), file=sys.stderr, flush=True)
    return row


@contextmanager
def payload_spied(payloads: list[int]) -> Generator[None]:
    """Notes which payload conversion uses."""
    made = convert_workflow.payload_of

    def spy(said: str) -> int:
        payloads.append(made(said))
        return payloads[-1]

    convert_workflow.payload_of = spy
    try:
        yield
    finally:
        convert_workflow.payload_of = made


def stretched(seen: Sequence[View], length: int, count: int) -> list[list[View]]:
    """Stretches of a length, from all over."""
    starts = np.unique(np.linspace(0, len(seen) - length, count).round().astype(int))
    return [list(seen[start : start + length]) for start in starts]


def found(stretches: Sequence[Sequence[View]], payload: int | None) -> dict[str, Any]:
    """How often the mark is found in them, and its payload read."""
    rows = [(each, detection) for each in stretches if (detection := detect(each)) is not None]
    finds = [detection for _, detection in rows]
    return {
        "stretches": len(rows),
        "found": float(np.mean([row.found for row in finds])),
        "payload_read": float(np.mean([payload is not None and row.payload == payload for row in finds])),
        "payload_wrong": sum(row.payload is not None and row.payload != payload for row in finds),
        "coded_bits_right": float(np.mean([bits_right(*row, payload) for row in rows])),
        "score_mean": float(np.mean([row.score for row in finds])),
        "score_least": float(np.min([row.score for row in finds])),
        "frame_score_mean": float(np.mean([np.mean(row.frame_scores) for row in finds])),
    }


def bits_right(stretch: Sequence[View], detection: Detection, payload: int | None) -> float:
    """Share of the coded bits that are read right before they are corrected, with the place not followed."""
    if payload is None:
        return math.nan
    reader = Reader(pattern(), np.array([view.time_s for view in stretch]))
    evidence = evidence_of(pattern(), lumas_of([view.crop for view in stretch]), detection.place)
    scores = reader.scores(evidence)
    clock, ceiling = np.unravel_index(int(scores.argmax()), scores.shape)
    return float((reader.soft(evidence, int(clock), int(ceiling)) * coded(payload) > 0).mean())


def unmarked(finder: FaceFinder, paths: Sequence[Path], most: int, searched: int) -> dict[str, Any]:
    """How often unmarked faces exceed scores, against the bound; and the surest finds of the search."""
    waves, rng = pattern(), np.random.default_rng(0)
    count, tests, highest = 0, 0, -math.inf
    above = dict.fromkeys(BOUNDS, 0)
    kept: list[View] = []
    every = max(1, most // max(1, searched))
    for view in islice(all_views(finder, paths), most):
        luma = lumas_of([view.crop])
        for _ in range(4):
            x, y, growth, turn = rng.uniform(-1, 1, 4) * (1.5, 1.5, 0.045, 1.5)
            scores = Reader(waves, np.zeros(1)).scores(evidence_of(waves, luma, Place(x, y, growth, turn)))
            tests += scores.size
            highest = max(highest, float(scores.max()))
            for bound in BOUNDS:
                above[bound] += int((scores > bound).sum())
        if count % every == 0:
            kept.append(view)
        count += 1
    finds = [detection for view in kept if (detection := detect([view])) is not None]
    return {
        "frames": count,
        "tests": tests,
        "highest_score": highest,
        "share_above": {str(bound): above[bound] / max(1, tests) for bound in BOUNDS},
        "bound_on_share": {str(bound): chance(bound, 0.0) for bound in BOUNDS},
        "searched": len(finds),
        "found": sum(each.found for each in finds),
        "payloads": sum(each.payload is not None for each in finds),
        "least_p_value": min((each.p_value for each in finds), default=None),
    }


def all_views(finder: FaceFinder, paths: Sequence[Path]) -> Iterator[View]:
    """The faces of all footage there is."""
    for path in expand_footage(paths):
        with open_footage(path) as footage:
            for frame, faces in finder.stream(footage):
                for face in faces:
                    matrix = face.square.crop_from_frame(VIEW_PX, VIEW_COVERAGE)
                    yield View(crop=cut(frame.image, matrix, VIEW_PX))


def views(finder: FaceFinder, images: Sequence[Image], times: Sequence[float]) -> list[View]:
    """The largest face of each picture, found anew."""
    seen: list[View] = []
    for frame, faces in finder.stream(as_frames(images)):
        if faces:
            matrix = faces[0].square.crop_from_frame(VIEW_PX, VIEW_COVERAGE)
            seen.append(View(crop=cut(frame.image, matrix, VIEW_PX), time_s=times[frame.index]))
    return seen


def pictures(path: Path, most: int) -> Iterator[Image]:
    """The first frames."""
    with open_footage(path) as footage:
        yield from (frame.image for frame in islice(footage, most))


def as_frames(images: Iterable[Image]) -> Iterator[Frame]:
    """Pictures as frames of a video."""
    for index, image in enumerate(images):
        yield Frame(index=index, pts=index, time_base=Fraction(1, RATE), image=image)


def psnr_db(before: Image, after: Image, target: Image) -> float:
    """Of the luma, in the region that was replaced."""
    luma = [cv2.cvtColor(each, cv2.COLOR_RGB2GRAY).astype(np.float64) for each in (before, after, target)]
    region = cv2.morphologyEx((luma[0] != luma[2]).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5))) > 0
    return 10 * math.log10(255**2 / max(1e-9, float(np.square(luma[0] - luma[1])[region].mean())))


def cost_ms(size_px: int = 128) -> float:
    """Milliseconds a face."""
    rng = np.random.default_rng(0)
    face = np.asarray(cv2.GaussianBlur(rng.random((size_px, size_px, 3), np.float32), (0, 0), 3), np.float32)
    mask = np.ones((size_px, size_px), np.float32)
    watermark = Watermark(payload_of("cost"), size_px=size_px, coverage=1.25)
    times: list[float] = []
    for _ in range(200):
        begun = time.perf_counter()
        watermark.marked(face, mask)
        times.append(time.perf_counter() - begun)
    return 1000 * float(np.median(times))


def coded_again(images: list[Image], crf: int = 28) -> list[Image]:
    """Through H.264."""
    height, width = (length - length % 2 for length in images[0].shape[:2])
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"crf": str(crf), "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for image in images:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer, "r") as back:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in back.decode(video=0)]


def halved(images: list[Image]) -> list[Image]:
    """Scaled to 50 %."""
    small = (cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for image in images)
    return [np.asarray(image, np.uint8) for image in small]


def as_jpeg(images: list[Image]) -> list[Image]:
    """Through JPEG of quality 75."""
    codes = [cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 75])[1] for image in images]
    return [np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8) for code in codes]


def cropped(images: list[Image]) -> list[Image]:
    """8 % of each side's length cut away, not evenly."""
    height, width = images[0].shape[:2]
    rows, columns = (
        slice(round(0.05 * height), round(0.97 * height)),
        slice(round(0.02 * width), round(0.94 * width)),
    )
    return [np.ascontiguousarray(image[rows, columns]) for image in images]


ATTACKS: dict[str, Attack] = {
    "none": lambda images: images,
    "h264_crf28": coded_again,
    "scale_50": halved,
    "jpeg_75": as_jpeg,
    "crop_8": cropped,
    "scale_50_h264_crf23": lambda images: coded_again(halved(images), 23),
    "crop_8_scale_50_h264_crf28": lambda images: coded_again(halved(cropped(images))),
}


if __name__ == "__main__":
    main()
