"""What is learnt from a few drawn masks of what passes before a face: a drawn hand over real footage.

    python benchmarks/occluders.py --work FOLDER --model MODEL --target d9.mp4 \
        > benchmarks/results/occluders.json

The hand passes before the face, shadow and all. In some frames its outline is drawn, as roughly as a
person draws a polygon; the others are judged: how much of the hand the new face is blended over (missed), and
how much of the face that nothing hides is left as it was (taken). Whose face is put in needs a record of
consent, as always.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from machine import about
from numpy.typing import NDArray

from understudy.core.events import Notice
from understudy.core.types import Frame
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import StoredFace
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.training.model_folder import find_generation
from understudy.workflows import convert, extract, review_face
from understudy.workflows.configs import ConvertConfig, ExtractConfig
from understudy.workflows.review import Review

HANDS = {"blue glove": (45, 80, 170), "dark glove": (38, 36, 40), "skin": None}
MASKS = (0, 1, 3, 6, 12)
FIRST, FRAMES = 60, 80
PASSES = (10, 58)  # frames in which the hand is there
ROUGH_PX = 2.0  # by which a drawn outline may be off
_FREE_PX = 6  # around the hand: its shadow, and a border that nobody draws to the pixel


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for clips, facesets and mattes")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True, help="the footage that the hand passes over")
    parser.add_argument("--hands", nargs="+", default=list(HANDS))
    parser.add_argument("--masks", type=int, nargs="+", default=MASKS)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    name = find_generation(args.model).index.identities[1].name
    found = {hand: measure(hand, name, args) for hand in args.hands}
    print(json.dumps({"machine": about(), "target": args.target.name, "hands": found}, indent=1))


def measure(hand: str, name: str, args: argparse.Namespace) -> dict[str, Any]:
    """One hand, with more and more masks drawn."""
    work = args.work / hand.replace(" ", "_")
    work.mkdir(exist_ok=True)
    clip, faces = work / "clip.mkv", work / "faces"
    hidden = made(args.target, clip, HANDS[hand])
    if not faces.exists():
        extract.run(ExtractConfig(footage=(clip,), faceset=faces, identity=name), say)
    rows: dict[str, Any] = {}
    whole = matte(clip, faces, args.model, work / "whole.mkv", occlusion=False)
    for count in sorted(args.masks):
        drawn = draw_masks(faces, hidden, count)
        started = time.process_time()
        found = matte(clip, faces, args.model, work / f"{count}.mkv")
        seconds = time.process_time() - started
        rows[str(count)] = {
            "missed": judged(found, whole, hidden, drawn, of_hand=True),
            "taken": judged(found, whole, hidden, drawn, of_hand=False),
            "cpu_s": round(seconds, 1),
        }
        print(hand, count, rows[str(count)], file=sys.stderr)
    return rows


def made(target: Path, out: Path, colour: tuple[int, int, int] | None) -> NDArray[np.float32]:
    """Write the clip, lossless, unless it is there; (n, h, w) how much of each pixel is the hand."""
    with VideoReader(target) as reader:
        frames = list(islice(reader, FIRST, FIRST + FRAMES))
        info = reader.info
    height, width = frames[0].image.shape[:2]
    begin, end = PASSES
    hidden = np.zeros((len(frames), height, width), np.float32)
    for number in range(begin, end):
        hidden[number] = hand_at((number - begin) / (end - begin), height, width)
    if out.exists():  # faces are known of just this file
        return hidden
    cheeks = slice(int(0.5 * height), int(0.56 * height)), slice(int(0.4 * width), int(0.6 * width))
    skin = np.median(frames[0].image[cheeks], axis=(0, 1))
    with VideoWriter(out, like=info, crf=0, alone=True) as writer:
        for number, frame in enumerate(frames):
            picture = before(
                frame.image, hidden[number], np.asarray(skin if colour is None else colour, np.float32)
            )
            pts = frame.pts - frames[0].pts
            writer.write(Frame(index=number, pts=pts, time_base=frame.time_base, image=picture))
    return hidden


def hand_at(share: float, height: int, width: int) -> NDArray[np.float32]:
    """(h, w): a palm, four fingers and a thumb that come in from a side, turn and go."""
    scale = 0.9 * height / 480
    x = width * (0.95 - 0.85 * share)
    y = height * (0.58 - 0.12 * np.sin(np.pi * share))
    turn = np.radians(-70 + 120 * share)
    fine = np.zeros((2 * height, 2 * width), np.uint8)

    def at(right: float, up: float) -> tuple[int, int]:
        dx = right * np.cos(turn) - up * np.sin(turn)
        dy = right * np.sin(turn) + up * np.cos(turn)
        return round(2 * (x + scale * dx)), round(2 * (y - scale * dy))

    cv2.ellipse(
        fine, at(0, 0), (round(2 * scale * 38), round(2 * scale * 44)), -np.degrees(turn), 0, 360, (255,), -1
    )
    cv2.line(fine, at(0, -30), at(0, -160), (255,), round(2 * scale * 50))
    for right, length in ((-27, 62), (-9, 74), (9, 70), (27, 54)):
        cv2.line(fine, at(right, 25), at(1.3 * right, 30 + length), (255,), round(2 * scale * 15))
    cv2.line(fine, at(-25, -10), at(-66, 34), (255,), round(2 * scale * 16))
    drawn = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(drawn.astype(np.float32) / 255, (0, 0), 0.8), np.float32)


def before(
    image: NDArray[np.uint8], alpha: NDArray[np.float32], colour: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """A picture with the hand and its shadow, shaded towards its border."""
    if not alpha.any():
        return image
    shadow = cv2.GaussianBlur(np.roll(alpha, (8, 6), (0, 1)), (0, 0), 9)[..., None]
    inside = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    round_ = (0.72 + 0.3 * np.clip(inside / 14, 0, 1))[..., None]
    grain = np.random.default_rng(3).normal(0, 1, alpha.shape).astype(np.float32)
    texture = 40 * cv2.GaussianBlur(grain, (0, 0), 2.5)
    y, x = np.nonzero(alpha > 0.5)  # it moves with the hand
    shift = (round(float(y.mean())), round(float(x.mean()))) if len(y) else (0, 0)
    texture = np.roll(texture, shift, (0, 1))[..., None]
    base = image * (1 - 0.3 * shadow)
    return np.clip(np.round(base + alpha[..., None] * (colour * round_ + texture - base)), 0, 255).astype(
        np.uint8
    )


def draw_masks(folder: Path, hidden: NDArray[np.float32], count: int) -> set[int]:
    """Draw so many outlines, of frames spread evenly over those with the hand; the numbers of the frames."""
    with Faceset(folder) as faceset:
        faces = {face.frame_index: face for face in faceset.faces("kept")}
    over = [at for at in sorted(faces) if (on_crop(hidden[at], faces[at]) > 0.5).mean() > 0.02]
    chosen = (
        {over[i] for i in np.linspace(0, len(over) - 1, count + 2).round().astype(int)[1:-1]}
        if count
        else set()
    )
    review = Review(folder)
    try:
        for at, face in faces.items():
            if face.mask_path is not None and at not in chosen:
                review_face.draw_mask(review, face.id, png_of(np.zeros((face.crop_size_px,) * 2, np.uint8)))
        for at in sorted(chosen):
            outline = on_crop(hidden[at], faces[at]) > 0.5
            found, _ = cv2.findContours(outline.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            mask = np.zeros(outline.shape, np.uint8)
            rough = ROUGH_PX * outline.shape[0] / 128
            cv2.fillPoly(mask, [cv2.approxPolyDP(one, rough, True) for one in found], (255,))
            review_face.draw_mask(review, faces[at].id, png_of(mask))
    finally:
        review.close()
    return chosen


def on_crop(alpha: NDArray[np.float32], face: StoredFace) -> NDArray[np.float32]:
    """What lies in a frame, on a stored crop."""
    size = face.crop_size_px
    warped = cv2.warpAffine(alpha, face.crop_from_frame.astype(np.float64), (size, size))
    return np.asarray(warped, np.float32)


def png_of(mask: NDArray[np.uint8]) -> bytes:
    """A mask as the review sends it."""
    return cv2.imencode(".png", mask)[1].tobytes()


def matte(clip: Path, faces: Path, model: Path, out: Path, *, occlusion: bool = True) -> NDArray[np.float32]:
    """(n, h, w) how much of each pixel is the new face."""
    out.unlink(missing_ok=True)
    video = out.with_name("out.mp4")
    video.unlink(missing_ok=True)
    config = ConvertConfig(
        target=clip, model=model, out=video, faces=(faces,), matte=out, occlusion=occlusion, watermark=False
    )
    convert.run(config, say)
    return np.stack(list(_luma(out)))


def _luma(path: Path) -> Iterator[NDArray[np.float32]]:
    with VideoReader(path) as reader:
        for frame in reader:
            yield frame.image[..., 1].astype(np.float32) / np.float32(255)


def judged(
    found: NDArray[np.float32],
    whole: NDArray[np.float32],
    hidden: NDArray[np.float32],
    drawn: set[int],
    *,
    of_hand: bool,
) -> float:
    """Share of the hand that is drawn over, or of the free face left out; of frames that nobody drew on."""
    judged_, of = 0.0, 0.0
    for at in range(len(hidden)):
        if at in drawn:
            continue
        near = cv2.dilate(hidden[at], np.ones((2 * _FREE_PX + 1,) * 2, np.uint8)) > 0.02
        where = (hidden[at] > 0.5) if of_hand else ~near
        share = found[at] if of_hand else np.maximum(whole[at] - found[at], 0)
        judged_ += float((share * where).sum())
        of += float((whole[at] * where).sum())
    return round(judged_ / max(of, 1e-6), 4)


def say(event: object) -> None:
    """Warnings, on standard error."""
    if isinstance(event, Notice):
        print(event.message, file=sys.stderr)


if __name__ == "__main__":
    main()
